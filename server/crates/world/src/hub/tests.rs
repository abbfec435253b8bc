//! The hub under a clock that the test holds: it can stop the hub in the middle of a change, or make it panic.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
        mpsc,
    },
    thread,
};

use model::Batch;

use super::*;
use crate::{
    Settings,
    testing::{START, span},
};

const DEADLINE: Duration = Duration::from_secs(20);

/// A hub whose clock is [`START`], and stops or panics on demand.
struct Bench {
    handle: Handle,
    effects: mpsc::Receiver<Effects>,
    gate: Arc<Gate>,
    stopped: mpsc::Receiver<()>,
    go_on: mpsc::Sender<()>,
}

struct Gate {
    is_closed: AtomicBool,
    is_broken: AtomicBool,
    stopped: Mutex<mpsc::Sender<()>>,
    go_on: Mutex<mpsc::Receiver<()>>,
}

impl Gate {
    fn time(&self) -> Timestamp {
        if self.is_closed.swap(false, SeqCst) {
            self.stopped.lock().unwrap().send(()).unwrap();
            self.go_on.lock().unwrap().recv().unwrap();
        }
        assert!(!self.is_broken.swap(false, SeqCst), "the clock is broken on purpose");
        START
    }
}

impl Bench {
    fn new(settings: HubSettings, world: Settings) -> Bench {
        let ((tell, effects), (stop, stopped), (go_on, wait)) =
            (mpsc::channel(), mpsc::channel(), mpsc::channel());
        let gate = Arc::new(Gate {
            is_closed: AtomicBool::new(false),
            is_broken: AtomicBool::new(false),
            stopped: Mutex::new(stop),
            go_on: Mutex::new(wait),
        });
        let clock = gate.clone();
        let handle = start_with(settings, World::new(world), Arc::new(move || clock.time()), move |it| {
            drop(tell.send(it))
        });
        Bench { handle, effects, gate, stopped, go_on }
    }

    /// Stops the hub in the middle of a change.
    fn stop(&self) {
        self.gate.is_closed.store(true, SeqCst);
        self.handle.send(Change::Tick);
        self.stopped.recv_timeout(DEADLINE).expect("the hub reads the clock");
    }

    fn go_on(&self) {
        self.go_on.send(()).unwrap();
    }

    fn snapshot(&self) -> Snapshot {
        self.handle.snapshot_blocking().expect("the hub lives")
    }

    /// Effects until `wanted` is among them.
    fn effects_until(&self, wanted: impl Fn(&Effects) -> bool) -> Effects {
        loop {
            let effects = self.effects.recv_timeout(DEADLINE).expect("the hub tells effects");
            if wanted(&effects) {
                return effects;
            }
        }
    }
}

fn batch(trace: u64, spans: u64) -> Batch {
    Batch { spans: (1..=spans).map(|id| span(trace, id, 0).into()).collect(), ..Batch::default() }
}

fn opened(path: &str) -> Change {
    Change::Opened { path: path.into(), version: 1, text: "x = 1\n".into() }
}

#[test]
fn requests_pass_a_flood_of_telemetry_and_keep_their_order() {
    let bench = Bench::new(HubSettings { chunk: 10, ..HubSettings::default() }, Settings::default());
    bench.stop();
    for trace in 1..=20 {
        bench.handle.offer(batch(trace, 100)).unwrap();
    }
    let before = bench.handle.snapshot();
    bench.handle.send(opened("a.py"));
    bench.handle.send(Change::WorkspaceRead);
    let after = bench.handle.snapshot();
    let all = bench.handle.snapshot_of_all();
    bench.go_on();
    let [before, after, all] = [block_on(before), block_on(after), block_on(all)];
    assert!(before.documents.is_empty() && !before.status.workspace_read);
    assert!(after.documents.contains_key("a.py") && after.status.workspace_read);
    assert_eq!(after.status.spans, 0, "no span was taken in before the requests");
    assert_eq!(all.status.spans, 2000);
    let order: Vec<_> = all.store.after(0, 3000).iter().map(|stored| stored.trace_id()).collect();
    assert!(order.is_sorted());
}

#[test]
fn a_full_queue_refuses_and_counts() {
    let bench =
        Bench::new(HubSettings { max_queued_items: 250, ..HubSettings::default() }, Settings::default());
    bench.stop();
    assert_eq!(bench.handle.offer(batch(1, 200)), Ok(()));
    assert_eq!(bench.handle.offer(batch(2, 100)), Err(Refused));
    assert_eq!(bench.handle.offer(batch(3, 50)), Ok(()));
    assert_eq!(bench.handle.health(), Health { refused: 100, waiting: 250, ..Health::default() });
    bench.go_on();
    let all = bench.handle.snapshot_of_all_blocking().unwrap();
    assert_eq!(all.status.spans, 250);
    assert_eq!(bench.handle.health().waiting, 0);
}

#[test]
fn a_panic_costs_one_change() {
    let bench = Bench::new(HubSettings::default(), Settings::default());
    bench.handle.send(Change::Spans(batch(1, 3)));
    assert_eq!(bench.snapshot().status.spans, 3);
    // Stopped first, so that it is the change that panics, whatever else reads the clock.
    bench.stop();
    bench.gate.is_broken.store(true, SeqCst);
    bench.go_on();
    bench.handle.send(Change::Spans(batch(2, 4)));
    assert_eq!(bench.snapshot().status.spans, 7);
    assert_eq!(bench.handle.health().panics, 1);
}

#[test]
fn the_thread_ends_with_the_last_handle_and_takes_in_what_waits() {
    let Bench { handle, effects, .. } = Bench::new(HubSettings::default(), Settings::default());
    let second = handle.clone();
    drop(handle);
    second.offer(batch(1, 5)).unwrap();
    drop(second);
    let mut spans = 0;
    loop {
        match effects.recv_timeout(DEADLINE) {
            Ok(effects) => spans += effects.spans,
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
            Err(mpsc::RecvTimeoutError::Timeout) => panic!("the hub goes on without a handle"),
        }
    }
    assert_eq!(spans, 5);
}

#[test]
fn effects_of_one_round_are_told_together() {
    let bench = Bench::new(HubSettings::default(), Settings::default());
    bench.stop();
    bench.handle.send(Change::WorkspaceRead);
    bench.handle.send(Change::Spans(batch(1, 2)));
    bench.handle.send(Change::Spans(batch(2, 3)));
    bench.go_on();
    let effects = bench.effects_until(|effects| effects.spans > 0);
    assert_eq!((effects.spans, effects.figures, effects.first), (5, true, true));
}

#[test]
fn it_ticks_by_itself_while_figures_are_in_the_window() {
    let window = Duration::from_millis(15);
    let bench = Bench::new(HubSettings::default(), Settings { window, ..Settings::default() });
    bench.handle.send(Change::Spans(batch(1, 1)));
    bench.effects_until(|effects| effects.spans == 1);
    // The clock stands still, so the window never empties.
    for _ in 0..3 {
        bench.effects_until(|effects| effects.figures && effects.spans == 0);
    }
}

#[test]
fn a_stuck_change_is_noticed_while_it_is_stuck() {
    let slow_after = Duration::from_millis(5);
    let bench = Bench::new(HubSettings { slow_after, ..HubSettings::default() }, Settings::default());
    bench.stop();
    let began = Instant::now();
    while bench.handle.health().slow == 0 {
        assert!(began.elapsed() < DEADLINE, "nobody noticed");
        thread::yield_now();
    }
    bench.go_on();
    bench.snapshot();
}

fn block_on(answer: impl Future<Output = Option<Snapshot>>) -> Snapshot {
    /// Wakes a thread that waits for a future.
    struct Unpark(thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(thread::current())).into();
    let mut context = std::task::Context::from_waker(&waker);
    let mut answer = std::pin::pin!(answer);
    let began = Instant::now();
    loop {
        if let std::task::Poll::Ready(snapshot) = answer.as_mut().poll(&mut context) {
            return snapshot.expect("the hub lives");
        }
        assert!(began.elapsed() < DEADLINE, "no answer");
        thread::park_timeout(DEADLINE);
    }
}
