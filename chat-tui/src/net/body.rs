//! The body of a request, given to the connection in parts, so that it can be told how much of it has gone.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

/// The largest part, in bytes.
const PART: usize = 64 * 1024;

/// How many bytes of a body the connection took.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gone(Arc<AtomicU64>);

impl Gone {
    /// So many by now.
    pub(crate) fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A body that counts what goes of it.
#[derive(Debug)]
pub(super) struct Parts {
    rest: Bytes,
    gone: Gone,
}

impl Parts {
    pub(super) fn new(whole: Bytes, gone: Gone) -> Self {
        Self { rest: whole, gone }
    }
}

impl Body for Parts {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        let length = PART.min(self.rest.len());
        let part = self.rest.split_to(length);
        self.gone.0.fetch_add(length as u64, Ordering::Relaxed);
        Poll::Ready(Some(Ok(Frame::data(part))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}
