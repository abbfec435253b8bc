//! What other windows read along that the store does not number: log records, as they came.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

/// The newest log records that were received, as OTLP of the kind that `formats::otlp_proto::encode_batch` writes, up to
/// a number of bytes. Cheap to clone: all clones are one.
#[derive(Clone, Debug)]
pub struct Journal(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    most_bytes: usize,
    kept: Mutex<Kept>,
    latest: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Kept {
    bodies: VecDeque<(u64, Arc<[u8]>)>,
    bytes: usize,
}

impl Journal {
    /// Empty; keeps `most_bytes` bytes, and at least the latest body.
    pub fn new(most_bytes: usize) -> Journal {
        let latest = watch::channel(0).0;
        Journal(Arc::new(Inner { most_bytes, kept: Mutex::default(), latest }))
    }

    /// Appends a body, and lets the oldest go while there are too many bytes.
    pub fn push(&self, body: &[u8]) {
        let mut kept = self.kept();
        let number = *self.0.latest.borrow() + 1;
        kept.bytes += body.len();
        kept.bodies.push_back((number, body.into()));
        while kept.bytes > self.0.most_bytes && kept.bodies.len() > 1 {
            let gone = kept.bodies.pop_front().map_or(0, |(_, body)| body.len());
            kept.bytes -= gone;
        }
        self.0.latest.send_replace(number);
    }

    /// The number of the latest body, 0 while there is none; changes wake whoever waits.
    pub fn latest(&self) -> watch::Receiver<u64> {
        self.0.latest.subscribe()
    }

    /// Bodies numbered above `after`, oldest first, up to `most_bytes` and at least one; and the number of the last.
    pub fn after(&self, after: u64, most_bytes: usize) -> (Vec<Arc<[u8]>>, u64) {
        let kept = self.kept();
        // Whoever read another process before may be ahead: it begins anew.
        let after = if after > *self.0.latest.borrow() { 0 } else { after };
        let (mut bodies, mut bytes, mut last) = (Vec::new(), 0, after);
        for (number, body) in kept.bodies.iter().filter(|(number, _)| *number > after) {
            if bytes > 0 && bytes + body.len() > most_bytes {
                break;
            }
            bytes += body.len();
            last = *number;
            bodies.push(body.clone());
        }
        (bodies, last)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_kept_and_read_in_order() {
        let journal = Journal::new(10);
        assert_eq!(journal.after(0, 100), (Vec::new(), 0));
        for body in [b"aaaa", b"bbbb", b"cccc"] {
            journal.push(body);
        }
        assert_eq!(journal.after(0, 100), (vec![(*b"bbbb").into(), (*b"cccc").into()], 3));
        assert_eq!(journal.after(0, 5), (vec![(*b"bbbb").into()], 2));
        assert_eq!(journal.after(3, 100), (Vec::new(), 3));
        assert_eq!(journal.after(9, 100).1, 3, "a number of another process");
        journal.push(b"longer than all that is kept");
        assert_eq!(journal.after(0, 1).0.len(), 1);
    }
}
