//! The store on SQLite: one thread that writes, a few that read, one that indexes.

pub(super) mod accounts;
pub mod backup;
mod backup_files;
pub(super) mod changes;
mod clock;
pub(super) mod deed;
mod facts;
pub(super) mod files;
mod finding;
mod folded;
mod index;
mod kinds;
pub(super) mod members;
mod mentions;
pub(super) mod moderation;
pub(super) mod own;
mod reader;
pub(super) mod rooms;
mod rows;
mod said;
mod schema;
mod scrub;
pub(super) mod seen;
mod sights;
mod state;
pub(super) mod succession;
#[cfg(test)]
mod tests;
mod threads;
mod unread;
mod writer;

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use protocol::ids::Epoch;
use protocol::people::Guests;
use tokio::sync::{Semaphore, TryAcquireError, mpsc, oneshot};

use self::index::{Index, Indexer, Searcher};
pub(super) use self::reader::Reader;
use self::schema::Identity;
use self::writer::{Asked, Flags, Job, Pace, Turn, Writer, append_bytes};
use super::directory::Directory;
use super::{
    Append, Closed, Found, Idle, OnCommit, Options, ReadError, Search, StoreError, TryAppendError, WorkError,
};

/// How many reads may wait for a reader; at the bound whoever asks waits.
const READS: usize = 256;

/// What a piece of work counts for beside what its author says.
const WORK_BYTES: usize = 512;

type Read = Box<dyn FnOnce(&Reader) + Send>;

/// The threads, and how to reach them.
#[derive(Debug)]
pub(super) struct Handle {
    jobs: mpsc::UnboundedSender<Job>,
    /// Bytes that may still be submitted: what bounds `jobs`.
    room: Arc<Semaphore>,
    capacity: u32,
    /// Searches and their like that may still begin: fewer than there are readers, so that nobody's history waits for them.
    searches: Semaphore,
    /// `None` after closing.
    reads: Mutex<Option<mpsc::Sender<Read>>>,
    /// The readers, the indexer, and the writer at the end.
    threads: Mutex<Vec<JoinHandle<()>>>,
    healthy: Arc<AtomicBool>,
    closing: Arc<AtomicBool>,
    /// Something was taken out, and the write-ahead log is to be cut.
    scrubbing: Arc<AtomicBool>,
    index: Arc<Index>,
    idle: Arc<Idle>,
    identity: Identity,
    guests: Guests,
}

impl Handle {
    pub(super) fn open(dir: &Path, options: Options, on_commit: OnCommit) -> Result<Self, StoreError> {
        let directory = Arc::new(Directory::hold(dir)?);
        let path = directory.database();
        let (db, identity) = schema::open_for_writing(&path, options.durability)?;
        // What was taken out just before a process was killed is still in the log that it left.
        scrub::cut_log(&db);
        let index = Index::new();
        let searcher = || Searcher::new(directory.index(), Arc::clone(&index));
        let readers = (0..options.readers.max(1))
            .map(|_| Reader::open(&path, searcher()))
            .collect::<Result<Vec<_>, _>>()?;
        let indexer = Indexer::new(Arc::clone(&directory), identity.epoch.clone(), Arc::clone(&index))?;
        let thread_failed =
            |error: io::Error| StoreError::Database { path: path.clone(), reason: error.to_string() };

        let healthy = Arc::new(AtomicBool::new(true));
        let closing = Arc::new(AtomicBool::new(false));
        let idle = Arc::<Idle>::default();
        let writer = Writer::new(
            db,
            directory,
            on_commit,
            Arc::clone(&index),
            Pace::new(Arc::clone(&idle)),
            Flags { healthy: Arc::clone(&healthy), closing: Arc::clone(&closing) },
            options.guests,
        );
        let (jobs, queue) = mpsc::unbounded_channel();
        let (reads, waiting) = mpsc::channel(READS);
        let waiting = Arc::new(Mutex::new(waiting));
        let mut threads = Vec::new();
        for (number, reader) in readers.into_iter().enumerate() {
            let waiting = Arc::clone(&waiting);
            let name = format!("store-read-{number}");
            let thread = thread::Builder::new().name(name).spawn(move || read_all(&reader, &waiting));
            threads.push(thread.map_err(thread_failed)?);
        }
        let thread = thread::Builder::new().name("store-index".into()).spawn(move || indexer.run());
        threads.push(thread.map_err(thread_failed)?);
        let thread = thread::Builder::new().name("store-write".into()).spawn(move || writer.run(queue));
        threads.push(thread.map_err(thread_failed)?);

        let capacity = u32::try_from(options.queue).unwrap_or(u32::MAX).clamp(1, 1 << 28);
        Ok(Self {
            jobs,
            room: Arc::new(Semaphore::new(capacity as usize)),
            capacity,
            searches: Semaphore::new(options.readers.saturating_sub(1).max(1)),
            reads: Mutex::new(Some(reads)),
            threads: Mutex::new(threads),
            healthy,
            closing,
            scrubbing: Arc::default(),
            index,
            idle,
            identity,
            guests: options.guests,
        })
    }

    pub(super) async fn append(&self, append: Append) -> Result<(), Closed> {
        let room = Arc::clone(&self.room).acquire_many_owned(self.cost(&append)).await.map_err(|_| Closed)?;
        self.jobs.send(Job::Append(append, room)).map_err(|_| Closed)
    }

    #[expect(clippy::result_large_err, reason = "a full queue gives the append back, which is the point")]
    pub(super) fn try_append(&self, append: Append) -> Result<(), TryAppendError> {
        match Arc::clone(&self.room).try_acquire_many_owned(self.cost(&append)) {
            Ok(room) => self.jobs.send(Job::Append(append, room)).map_err(|unsent| match unsent.0 {
                Job::Append(append, _) => TryAppendError::Closed(append),
                _ => unreachable!("what comes back is what was sent"),
            }),
            Err(TryAcquireError::NoPermits) => Err(TryAppendError::Full(append)),
            Err(TryAcquireError::Closed) => Err(TryAppendError::Closed(append)),
        }
    }

    /// Has `work` done in its turn between the messages, in their transaction (see [`Turn`]), and gives what it gave
    /// when that is committed. `bytes` is what it keeps in memory while it waits; where the queue is full it waits
    /// to get in. An SQL error of its own undoes it alone; one of the disk undoes the transaction.
    pub(super) async fn work<T: Send + 'static, E: Send + 'static>(
        &self,
        bytes: usize,
        work: impl FnOnce(&mut Turn<'_, '_>) -> rusqlite::Result<Result<T, E>> + Send + 'static,
    ) -> Result<T, WorkError<E>> {
        let permits = self.share(bytes + WORK_BYTES);
        let room = Arc::clone(&self.room).acquire_many_owned(permits).await;
        let room = room.map_err(|_| WorkError::Unavailable)?;
        let (answer, answered) = oneshot::channel();
        let job = Job::Work(Box::new(Asked::new(work, answer)), room);
        self.jobs.send(job).map_err(|_| WorkError::Unavailable)?;
        answered.await.unwrap_or(Err(WorkError::Unavailable))
    }

    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Reader) -> Result<T, ReadError> + Send + 'static,
    ) -> Result<T, ReadError> {
        let reads = lock(&self.reads).clone().ok_or(ReadError::Closed)?;
        let (answer, answered) = oneshot::channel();
        let read: Read = Box::new(move |reader| {
            if !answer.is_closed() {
                // Whoever asked may be gone by now.
                let _ = answer.send(work(reader));
            }
        });
        reads.send(read).await.map_err(|_| ReadError::Closed)?;
        answered.await.map_err(|_| ReadError::Closed)?
    }

    /// What guests may do.
    pub(super) fn guests(&self) -> Guests {
        self.guests
    }

    pub(super) async fn search(&self, search: Search) -> Result<Found, ReadError> {
        self.read_slowly(move |reader| reader.search(&search)).await
    }

    /// [`Handle::read`] for what may take long: there is always a reader left for the rest.
    pub(super) async fn read_slowly<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Reader) -> Result<T, ReadError> + Send + 'static,
    ) -> Result<T, ReadError> {
        let _turn = self.searches.acquire().await.map_err(|_| ReadError::Closed)?;
        self.read(work).await
    }

    pub(super) async fn indexed(&self) -> Result<(), ReadError> {
        let newest = self.read(Reader::newest).await?;
        self.index.reaches(newest).await;
        Ok(())
    }

    pub(super) fn idle(&self) -> &Arc<Idle> {
        &self.idle
    }

    pub(super) fn epoch(&self) -> &Epoch {
        &self.identity.epoch
    }

    pub(super) fn secret(&self) -> &[u8; 32] {
        &self.identity.secret
    }

    pub(super) fn healthy(&self) -> bool {
        self.healthy.load(Ordering::Relaxed)
    }

    pub(super) async fn close(&self) {
        self.closing.store(true, Ordering::Relaxed);
        self.room.close();
        lock(&self.reads).take();
        self.index.close();
        let mut readers = std::mem::take(&mut *lock(&self.threads));
        let writer = readers.pop();
        let jobs = self.jobs.clone();
        let joined = tokio::task::spawn_blocking(move || {
            // The writer is the last to let go of the database: only then can it leave one file.
            let read = readers.into_iter().map(JoinHandle::join).all(|end| end.is_ok());
            // It is closed already where this fails.
            let _ = jobs.send(Job::Close);
            read & writer.is_none_or(|writer| writer.join().is_ok())
        });
        if !matches!(joined.await, Ok(true)) {
            tracing::error!("a thread of the store had panicked");
        }
    }

    fn cost(&self, append: &Append) -> u32 {
        self.share(append_bytes(append))
    }

    /// What so many bytes take of the queue; more than all of it is all of it.
    fn share(&self, bytes: usize) -> u32 {
        u32::try_from(bytes).unwrap_or(u32::MAX).min(self.capacity)
    }

    #[cfg(test)]
    pub(super) fn sql(&self, sql: &'static str) {
        self.jobs.send(Job::Sql(sql)).unwrap();
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // The other threads end with the queues that they read.
        self.index.close();
    }
}

/// A reader thread: answers one question after the other, until there are no more.
fn read_all(reader: &Reader, waiting: &Mutex<mpsc::Receiver<Read>>) {
    loop {
        let next = lock(waiting).blocking_recv();
        match next {
            Some(read) => read(reader),
            None => return,
        }
    }
}

/// What these locks guard is whole after every statement, so a panic elsewhere does not spoil it.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
