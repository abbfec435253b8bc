//! Threads that read files, the wanted ones first, each under a deadline: a parser can hang where it cannot be told to
//! stop, and one file must not cost the rest.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

use model::SmolStr;
use source::Packed;

use super::cache::Stamp;

/// What one file may take. The parser is told to stop after a tenth of it.
const DEADLINE: Duration = Duration::from_secs(5);
/// Threads that may hang before no more are started in their place.
const MAX_HUNG: usize = 4;

/// A file to read.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) path: PathBuf,
    pub(crate) key: SmolStr,
    /// As it was before it was read; `None` when it changed too lately to be sure of it.
    pub(crate) stamp: Option<Stamp>,
}

/// What became of a file: what was found in it, or why it was passed over.
pub(crate) type Done = (Job, Result<Packed, String>);

/// How a file is read.
pub(crate) type Read = fn(&Job) -> Result<Packed, String>;

/// In place of a thread's number: what needed no thread.
const LISTED: usize = usize::MAX;

/// The threads, and what they have to do.
pub(crate) struct Readers {
    shared: Arc<Shared>,
    read: Read,
    deadline: Duration,
    done: mpsc::Receiver<(usize, Done)>,
    sender: mpsc::Sender<(usize, Done)>,
    /// Threads by number; those that hung are given up.
    given_up: Vec<bool>,
}

/// Where files are handed in while others are read. When the last one is gone, no more will come.
pub(crate) struct Intake {
    shared: Arc<Shared>,
    done: mpsc::Sender<(usize, Done)>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    wanted: VecDeque<Job>,
    rest: VecDeque<Job>,
    /// Whether only what is wanted is read for now.
    is_held: bool,
    is_closed: bool,
    /// Whether more files may come.
    is_open: bool,
    /// What each thread reads, and since when.
    busy: Vec<Option<(Job, Instant)>>,
}

impl Readers {
    /// Starts `threads` threads that read what is handed in; while held, they read only what is wanted.
    pub(crate) fn start(threads: usize, is_held: bool, read: Read) -> (Readers, Intake) {
        let state = State { is_held, is_open: true, ..State::default() };
        let (sender, done) = mpsc::channel();
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
        let mut readers = Readers { shared, read, deadline: DEADLINE, done, sender, given_up: Vec::new() };
        (0..threads.max(1)).for_each(|_| readers.add_thread());
        let intake = Intake { shared: readers.shared.clone(), done: readers.sender.clone() };
        (readers, intake)
    }

    /// What is not begun yet, without what is wanted.
    pub(crate) fn waiting(&self) -> Vec<Job> {
        self.shared.lock().rest.iter().cloned().collect()
    }

    /// Moves files to the front.
    pub(crate) fn want(&self, keys: &dyn Fn(&Job) -> bool) {
        let mut state = self.shared.lock();
        let (wanted, rest) = state.rest.drain(..).partition(keys);
        state.rest = rest;
        state.wanted.extend::<VecDeque<Job>>(wanted);
        drop(state);
        self.shared.changed.notify_all();
    }

    /// The next file that is done, waited for at most `patience`; `Err` when all are.
    pub(crate) fn next(&mut self, patience: Duration) -> Result<Option<Done>, ()> {
        let is_deserted = self.given_up.iter().all(|gone| *gone);
        let until = Instant::now() + if is_deserted { Duration::ZERO } else { patience };
        loop {
            match self.done.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok((thread, _)) if self.is_given_up(thread) => {}
                Ok((_, done)) => return Ok(Some(done)),
                Err(_) => break,
            }
        }
        if let Some(hung) = self.give_up().or_else(|| self.nobody_reads()) {
            return Ok(Some(hung));
        }
        let state = self.shared.lock();
        let is_busy = state.busy.iter().zip(&self.given_up).any(|(busy, gone)| busy.is_some() && !gone);
        // A thread says that it is free after it has sent what it did.
        let is_done = !state.is_open && state.wanted.is_empty() && state.rest.is_empty() && !is_busy;
        drop(state);
        match self.done.try_recv() {
            Ok((thread, done)) if !self.is_given_up(thread) => Ok(Some(done)),
            _ if is_done => Err(()),
            _ => Ok(None),
        }
    }

    fn is_given_up(&self, thread: usize) -> bool {
        self.given_up.get(thread).is_some_and(|gone| *gone)
    }

    /// Gives up a thread that reads one file for too long, and starts another in its place.
    fn give_up(&mut self) -> Option<Done> {
        let state = self.shared.lock();
        let late = state.busy.iter().enumerate().find_map(|(thread, busy)| {
            let (job, since) = busy.as_ref().filter(|_| !self.given_up[thread])?;
            (since.elapsed() > self.deadline).then(|| (thread, job.clone()))
        });
        drop(state);
        let (thread, job) = late?;
        self.given_up[thread] = true;
        if self.given_up.iter().filter(|gone| **gone).count() < MAX_HUNG {
            self.add_thread();
        }
        Some((job, Err(source::ReadError::TooSlow.to_string())))
    }

    /// A file that will not be read because no thread is left that could: none started, or all of them hang.
    fn nobody_reads(&self) -> Option<Done> {
        if !self.given_up.iter().all(|gone| *gone) {
            return None;
        }
        let mut state = self.shared.lock();
        let job = state.wanted.pop_front().or_else(|| state.rest.pop_front())?;
        let reason =
            "no thread is left to read it: too many files took too long; exclude those that doctor names";
        Some((job, Err(reason.to_owned())))
    }

    fn add_thread(&mut self) {
        let number = self.given_up.len();
        self.given_up.push(false);
        self.shared.lock().busy.push(None);
        let (shared, done, read) = (self.shared.clone(), self.sender.clone(), self.read);
        let work = move || {
            while let Some(job) = shared.take(number) {
                // A reader that panics costs one file.
                let result = catch_unwind(AssertUnwindSafe(|| read(&job)))
                    .unwrap_or_else(|_| Err("the reader failed on this text".to_owned()));
                if done.send((number, (job, result))).is_err() {
                    return;
                }
                shared.lock().busy[number] = None;
            }
        };
        let started = thread::Builder::new().name(format!("spanglass-read-{number}")).spawn(work);
        if let Err(error) = started {
            tracing::error!(%error, "a thread that reads files cannot be started");
            self.given_up[number] = true;
        }
    }
}

impl Intake {
    /// Has a file read: before the others if it is wanted.
    pub(crate) fn add(&self, job: Job, is_wanted: bool) {
        let mut state = self.shared.lock();
        if is_wanted {
            state.wanted.push_back(job)
        } else {
            state.rest.push_back(job)
        }
        let is_for_now = is_wanted || !state.is_held;
        drop(state);
        if is_for_now {
            self.shared.changed.notify_one();
        }
    }

    /// Tells of a file that need not be read.
    pub(crate) fn tell(&self, done: Done) {
        // Nobody listens any more when the read was stopped.
        drop(self.done.send((LISTED, done)));
    }
}

impl Drop for Intake {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.is_open = false;
        state.is_held = false;
        drop(state);
        self.shared.changed.notify_all();
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.shared.lock().is_closed = true;
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next file for the thread numbered `number`; `None` when there is no more for it to do.
    fn take(&self, number: usize) -> Option<Job> {
        let mut state = self.lock();
        loop {
            if state.is_closed {
                return None;
            }
            let held = state.is_held;
            let next = state.wanted.pop_front().or_else(|| if held { None } else { state.rest.pop_front() });
            if let Some(job) = next {
                state.busy[number] = Some((job.clone(), Instant::now()));
                return Some(job);
            }
            if !held && !state.is_open && state.rest.is_empty() {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(key: &str) -> Job {
        Job { path: PathBuf::from(key), key: key.into(), stamp: None }
    }

    fn started(keys: &[&str]) -> Readers {
        let (readers, intake) = Readers::start(1, false, read);
        keys.iter().for_each(|key| intake.add(job(key), false));
        readers
    }

    fn read(job: &Job) -> Result<Packed, String> {
        match job.key.as_str() {
            "hangs.py" => loop {
                thread::park();
            },
            "panics.py" => panic!("a reader's mistake"),
            key => source::read(key, "").map(Packed::from).map_err(|error| error.to_string()),
        }
    }

    fn all(readers: &mut Readers) -> Vec<String> {
        let mut seen = Vec::new();
        while let Ok(done) = readers.next(Duration::from_millis(20)) {
            seen.extend(done.map(|(job, result)| match result {
                Ok(_) => job.key.to_string(),
                Err(reason) => format!("{}: {reason}", job.key),
            }));
        }
        seen
    }

    #[test]
    fn what_is_wanted_comes_first_and_alone_while_the_rest_is_held() {
        let (mut readers, intake) = Readers::start(1, true, read);
        ["a.py", "b.py"].iter().for_each(|key| intake.add(job(key), false));
        intake.add(job("c.py"), true);
        let first = loop {
            if let Ok(Some((job, _))) = readers.next(Duration::from_millis(20)) {
                break job.key;
            }
        };
        assert_eq!(first, "c.py");
        assert_eq!(readers.waiting().len(), 2);
        intake.tell((job("known.py"), Ok(source::read("known.py", "").map(Packed::from).unwrap())));
        drop(intake);
        assert_eq!(all(&mut readers), ["known.py", "a.py", "b.py"]);
    }

    #[test]
    fn a_read_ends_when_who_lists_the_files_fails() {
        let (mut readers, intake) = Readers::start(1, true, read);
        let lists = thread::spawn(move || {
            intake.add(job("a.py"), false);
            panic!("a folder's mistake");
        });
        assert!(lists.join().is_err());
        assert_eq!(all(&mut readers), ["a.py"]);
    }

    #[test]
    fn when_every_thread_hangs_the_rest_is_told_and_the_read_ends() {
        let keys = ["hangs.py"; MAX_HUNG].into_iter().chain(["a.py", "b.py"]).collect::<Vec<_>>();
        let mut readers = started(&keys);
        readers.deadline = Duration::from_millis(50);
        let seen = all(&mut readers);
        assert_eq!(seen.len(), keys.len());
        assert!(seen[MAX_HUNG..].iter().all(|file| file.contains("no thread is left")), "{seen:?}");
    }

    #[test]
    fn a_file_that_hangs_or_breaks_its_reader_costs_itself_only() {
        let keys = ["hangs.py", "panics.py", "a.py", "b.py", "notes.txt"];
        let mut readers = started(&keys);
        readers.deadline = Duration::from_secs(1);
        assert_eq!(
            all(&mut readers),
            [
                "hangs.py: the file took too long to parse",
                "panics.py: the reader failed on this text",
                "a.py",
                "b.py",
                "notes.txt: no reader for this kind of file",
            ]
        );
    }
}
