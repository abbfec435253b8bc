//! Concurrent work as threads: each lane runs one stack of calls at a time.
//!
//! Real threads keep their names where senders tell them; otherwise work of a service that overlaps gets another
//! worker. The rules are in docs/replay.md, "Lanes".

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap, HashSet},
};

use model::{SmolStr, Span, keys};

use crate::{
    groups::Groups,
    moments::Moments,
    recording::{LaneIndex, Position, SpanIndex},
    tree::Tree,
};

/// Lanes of one thread, or of one service without thread names; what would need more shares the last.
const MAX_LANES_A_POOL: usize = 256;

/// Pools of one trace; threads past that share one.
const MAX_POOLS: usize = 1_024;

/// One thread of the replay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lane {
    /// Unique in the recording: `checkout`, `checkout · worker 2`, `checkout · MainThread`.
    pub name: SmolStr,
    /// The service whose work it is.
    pub service: SmolStr,
}

/// Which span runs where.
#[derive(Debug)]
pub(crate) struct Lanes {
    pub all: Vec<Lane>,
    /// The lane of each span.
    pub of_span: Vec<LaneIndex>,
    /// Spans of each lane in the order in which they start.
    pub spans: Groups,
    /// The span of the same lane under which each began.
    below: Vec<Option<SpanIndex>>,
}

impl Lanes {
    /// Spreads the spans over lanes. O(n log n).
    pub(crate) fn new(tree: &Tree, processes: &[u32], moments: &Moments) -> Lanes {
        let mut order: Vec<SpanIndex> = (0..tree.len() as u32).collect();
        order.sort_unstable_by_key(|span| moments.starts[*span as usize]);
        let pools = Pools::of(tree, processes, &order);
        let mut spread = Spread::new(tree.len(), pools.keys.len());
        for span in &order {
            spread.place(tree, moments, &pools.of_span, *span);
        }
        let spans =
            Groups::new(spread.lanes.len(), order.iter().map(|span| (spread.of_span[*span as usize], *span)));
        Lanes { all: pools.name(tree, &spread), of_span: spread.of_span, spans, below: spread.below }
    }

    /// The span that runs on `lane` at `position`: the last to start of those that have not ended.
    pub(crate) fn running(
        &self,
        moments: &Moments,
        lane: LaneIndex,
        position: Position,
    ) -> Option<SpanIndex> {
        let spans = self.spans.of(lane);
        let started = spans.partition_point(|span| moments.starts[*span as usize] <= position);
        let mut candidate = spans.get(started.checked_sub(1)?).copied();
        while let Some(span) = candidate {
            if moments.ends[span as usize] >= position {
                return Some(span);
            }
            candidate = self.below[span as usize];
        }
        None
    }
}

/// What decides which lanes a span may use: its process, and its thread where one is known.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct PoolKey {
    process: u32,
    thread: Option<(SmolStr, SmolStr)>,
}

struct Pools {
    keys: Vec<PoolKey>,
    of_span: Vec<u32>,
}

impl Pools {
    /// `order` is by start, so that a caller comes before those that it called.
    fn of(tree: &Tree, processes: &[u32], order: &[SpanIndex]) -> Pools {
        let mut pools = Pools { keys: Vec::new(), of_span: vec![0; tree.len()] };
        let mut numbers: HashMap<PoolKey, u32> = HashMap::new();
        for span in order {
            let at = *span as usize;
            let process = processes[at];
            let parent = tree.parents[at].filter(|parent| processes[*parent as usize] == process);
            let thread = thread_of(&tree.spans[at].span);
            if let (None, Some(parent)) = (&thread, parent) {
                pools.of_span[at] = pools.of_span[parent as usize];
                continue;
            }
            let key = match numbers.len() < MAX_POOLS {
                true => PoolKey { process, thread },
                false => PoolKey { process: u32::MAX, thread: None },
            };
            pools.of_span[at] = *numbers.entry(key.clone()).or_insert_with(|| {
                pools.keys.push(key);
                pools.keys.len() as u32 - 1
            });
        }
        pools
    }

    /// Names every lane; names are unique because what would be equal gets a number.
    fn name(&self, tree: &Tree, spread: &Spread) -> Vec<Lane> {
        let mut taken: HashSet<SmolStr> = HashSet::new();
        let name_one = |lane: &SpreadLane| {
            let service = SmolStr::new(tree.spans[lane.first as usize].span.service());
            let thread = self.keys[lane.pool as usize].thread.as_ref();
            let base = match thread {
                Some((name, id)) if name.is_empty() => format!("{service} · thread {id}"),
                Some((name, _)) => format!("{service} · {name}"),
                None => service.to_string(),
            };
            let worker = if thread.is_some() { "" } else { "worker " };
            let numbered = |number: usize| SmolStr::from(format!("{base} · {worker}{number}"));
            let names = std::iter::once(SmolStr::new(&base)).chain((2..).map(numbered));
            let name = names.into_iter().find(|name| taken.insert(name.clone())).unwrap_or_default();
            Lane { name, service }
        };
        spread.lanes.iter().map(name_one).collect()
    }
}

/// The thread that a span says it ran on: name and identifier, either may be empty.
fn thread_of(span: &Span) -> Option<(SmolStr, SmolStr)> {
    let name = span.attributes.str(keys::THREAD_NAME).unwrap_or_default();
    let id = span.attributes.get(keys::THREAD_ID).map(|id| id.to_string()).unwrap_or_default();
    if name.is_empty() && id.is_empty() { None } else { Some((name.into(), id.into())) }
}

struct SpreadLane {
    pool: u32,
    first: SpanIndex,
    /// The innermost span, ended or not; those beneath are found through `below`.
    top: Option<SpanIndex>,
}

/// Free and busy lanes of one pool. A lane is in one of the heaps; the time in `busy` may be too early.
#[derive(Default)]
struct PoolState {
    lanes: usize,
    last: Option<LaneIndex>,
    free: BinaryHeap<Reverse<LaneIndex>>,
    busy: BinaryHeap<Reverse<(Position, LaneIndex)>>,
}

struct Spread {
    lanes: Vec<SpreadLane>,
    of_span: Vec<LaneIndex>,
    below: Vec<Option<SpanIndex>>,
    /// Position at which everything on each lane has ended.
    busy_until: Vec<Position>,
    pools: Vec<PoolState>,
}

impl Spread {
    fn new(spans: usize, pools: usize) -> Spread {
        Spread {
            lanes: Vec::new(),
            of_span: vec![0; spans],
            below: vec![None; spans],
            busy_until: Vec::new(),
            pools: (0..pools).map(|_| PoolState::default()).collect(),
        }
    }

    fn place(&mut self, tree: &Tree, moments: &Moments, pool_of: &[u32], span: SpanIndex) {
        let at = span as usize;
        let (start, end) = (moments.starts[at], moments.ends[at]);
        let pool = pool_of[at];
        let caller = tree.parents[at].filter(|parent| pool_of[*parent as usize] == pool);
        let lane =
            self.lane_of_caller(moments, caller, start).unwrap_or_else(|| self.free_lane(pool, span, start));
        self.below[at] = self.top(moments, lane, start);
        self.lanes[lane as usize].top = Some(span);
        self.of_span[at] = lane;
        let until = &mut self.busy_until[lane as usize];
        *until = end.max(*until);
    }

    /// The caller's lane, when the caller is what runs on it.
    fn lane_of_caller(
        &mut self,
        moments: &Moments,
        caller: Option<SpanIndex>,
        start: Position,
    ) -> Option<LaneIndex> {
        let caller = caller?;
        let lane = self.of_span[caller as usize];
        (self.top(moments, lane, start) == Some(caller)).then_some(lane)
    }

    /// What runs on `lane` at `start`; forgets what has ended.
    fn top(&mut self, moments: &Moments, lane: LaneIndex, start: Position) -> Option<SpanIndex> {
        let mut top = self.lanes[lane as usize].top;
        while let Some(span) = top.filter(|span| moments.ends[*span as usize] < start) {
            top = self.below[span as usize];
        }
        self.lanes[lane as usize].top = top;
        top
    }

    fn free_lane(&mut self, pool: u32, span: SpanIndex, start: Position) -> LaneIndex {
        let state = &mut self.pools[pool as usize];
        while let Some(Reverse((until, lane))) = state.busy.peek().copied() {
            if until >= start {
                break;
            }
            state.busy.pop();
            let really = self.busy_until[lane as usize];
            match really >= start {
                true => state.busy.push(Reverse((really, lane))),
                false => state.free.push(Reverse(lane)),
            }
        }
        let lane = match (state.free.pop(), state.last) {
            (Some(Reverse(lane)), _) => lane,
            (None, Some(last)) if state.lanes >= MAX_LANES_A_POOL => return last,
            (None, _) => {
                state.lanes += 1;
                let lane = self.lanes.len() as LaneIndex;
                self.lanes.push(SpreadLane { pool, first: span, top: None });
                self.busy_until.push(0);
                state.last = Some(lane);
                lane
            }
        };
        state.busy.push(Reverse((start, lane)));
        lane
    }
}
