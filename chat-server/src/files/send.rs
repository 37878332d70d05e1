//! Giving a file out: a piece at a time, as fast as it is taken, and no longer than it may be fetched.

use std::fs::File;
use std::future::Future;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// The bytes of one piece.
const PIECE: u64 = 64 << 10;
/// How often it is asked whether the file may still be fetched.
const CHECK: Duration = Duration::from_millis(500);

/// Says whether a file may still be fetched.
pub(crate) type Still = Box<dyn Fn() -> Pin<Box<dyn Future<Output = bool> + Send>> + Send + Sync>;

/// Reads the bytes from `first` on, up to before `end`. The pieces end early, with an error, where the disk fails or the
/// file may not be fetched any more.
pub(crate) fn send(file: File, first: u64, end: u64, still: Still) -> mpsc::Receiver<io::Result<Bytes>> {
    let (pieces, taken) = mpsc::channel(1);
    tokio::spawn(async move {
        // Nobody takes any more where this fails.
        let _ = read(file, first, end, &still, &pieces).await;
    });
    taken
}

async fn read(
    file: File,
    mut at: u64,
    end: u64,
    still: &Still,
    pieces: &mpsc::Sender<io::Result<Bytes>>,
) -> Result<(), mpsc::error::SendError<()>> {
    let file = Arc::new(file);
    let mut check = Instant::now() + CHECK;
    while at < end {
        let place = loop {
            tokio::select! {
                place = pieces.reserve() => break place?,
                () = sleep_until(check) => {
                    if !still().await {
                        return refuse(pieces).await;
                    }
                    check = Instant::now() + CHECK;
                }
            }
        };
        if Instant::now() >= check {
            if !still().await {
                place.send(Err(no_longer()));
                return Ok(());
            }
            check = Instant::now() + CHECK;
        }
        let (file, length) = (Arc::clone(&file), PIECE.min(end - at));
        let read = move || {
            let mut piece = vec![0; usize::try_from(length).unwrap_or_default()];
            file.read_exact_at(&mut piece, at).map(|()| Bytes::from(piece))
        };
        let piece = tokio::task::spawn_blocking(read).await.map_err(io::Error::other).flatten();
        let failed = piece.is_err();
        if let Err(error) = &piece {
            tracing::error!(%error, "a file could not be read");
        }
        place.send(piece);
        if failed {
            return Ok(());
        }
        at += length;
    }
    Ok(())
}

async fn refuse(pieces: &mpsc::Sender<io::Result<Bytes>>) -> Result<(), mpsc::error::SendError<()>> {
    pieces.reserve().await?.send(Err(no_longer()));
    Ok(())
}

fn no_longer() -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, "the file may not be fetched any more")
}
