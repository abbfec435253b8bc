//! When to look whether labels changed, and thus when an editor may be asked to refresh: never more often than a person
//! wants to be disturbed. Pure: time is passed in.

use std::time::{Duration, Instant};

/// After the last edit: editors ask by themselves then, and nothing may jump while somebody types.
const AFTER_EDIT: Duration = Duration::from_millis(1_500);
/// Between two refreshes at first.
const SHORTEST: Duration = Duration::from_secs(1);
/// Between two refreshes while spans keep arriving.
const LONGEST: Duration = Duration::from_secs(5);
/// A client that has not answered a refresh for so long never will.
const GIVEN_UP: Duration = Duration::from_secs(30);

/// Decides when to compare what is shown with what is known.
#[derive(Clone, Debug)]
pub(crate) struct Pace {
    /// Something changed at this time that was not looked at yet.
    dirty_since: Option<Instant>,
    is_urgent: bool,
    is_checking: bool,
    last_edit: Option<Instant>,
    last_refresh: Option<Instant>,
    /// Between the last refresh and the next.
    spacing: Duration,
    unanswered: u32,
}

impl Pace {
    /// Nothing known, nothing due.
    pub(crate) fn new() -> Pace {
        Pace {
            dirty_since: None,
            is_urgent: false,
            is_checking: false,
            last_edit: None,
            last_refresh: None,
            spacing: SHORTEST,
            unanswered: 0,
        }
    }

    /// Something may read differently; `urgent` for the first data and the first complete index.
    pub(crate) fn changed(&mut self, urgent: bool, now: Instant) {
        self.dirty_since.get_or_insert(now);
        self.is_urgent |= urgent;
    }

    /// Somebody typed.
    pub(crate) fn edited(&mut self, now: Instant) {
        self.last_edit = Some(now);
    }

    /// When the next look is due; `None` while nothing changed, or while a look or a refresh is under way.
    pub(crate) fn due(&self) -> Option<Instant> {
        let dirty_since = self.dirty_since.filter(|_| !self.is_checking)?;
        let given_up = self.last_refresh.filter(|_| self.unanswered > 0).map(|at| at + GIVEN_UP);
        if self.is_urgent {
            return given_up.or(Some(dirty_since));
        }
        let quiet = self.last_edit.map(|at| at + AFTER_EDIT);
        let spaced = self.last_refresh.map(|at| at + self.spacing);
        // The trailing edge: what arrives together is shown together.
        let trailing = Some(dirty_since + SHORTEST);
        [trailing, quiet, spaced, given_up].into_iter().flatten().max()
    }

    /// A look begins: what changes from now on needs another.
    pub(crate) fn check_started(&mut self, now: Instant) {
        if self.last_refresh.is_some_and(|at| self.unanswered > 0 && now >= at + GIVEN_UP) {
            self.unanswered = 0;
        }
        self.dirty_since = None;
        self.is_urgent = false;
        self.is_checking = true;
    }

    /// A look ended, and `requests` refreshes were sent for it (none when all reads as before).
    pub(crate) fn check_ended(&mut self, requests: u32, now: Instant) {
        self.is_checking = false;
        if requests == 0 {
            return;
        }
        let was_busy =
            self.last_refresh.is_some_and(|at| now.saturating_duration_since(at) < self.spacing * 2);
        self.spacing = if was_busy { (self.spacing * 2).min(LONGEST) } else { SHORTEST };
        self.last_refresh = Some(now);
        self.unanswered = requests;
    }

    /// The client answered one refresh, whatever it said.
    pub(crate) fn answered(&mut self) {
        self.unanswered = self.unanswered.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays `events` (`ms what`), and writes down at which ms a look happens; every look finds a difference.
    fn looks(events: &[(u64, &str)], until: u64) -> Vec<u64> {
        let zero = Instant::now();
        let at = |ms: u64| zero + Duration::from_millis(ms);
        let mut pace = Pace::new();
        let mut looks = Vec::new();
        for now in 0..until {
            for (_, what) in events.iter().filter(|(ms, _)| *ms == now) {
                match *what {
                    "span" => pace.changed(false, at(now)),
                    "first" => pace.changed(true, at(now)),
                    "edit" => pace.edited(at(now)),
                    "answer" => pace.answered(),
                    other => panic!("{other}"),
                }
            }
            if pace.due().is_some_and(|due| due <= at(now)) {
                looks.push(now);
                pace.check_started(at(now));
                assert_eq!(pace.due(), None, "one look at a time");
                pace.check_ended(1, at(now));
                if !events.iter().any(|(_, what)| *what == "answer") {
                    pace.answered();
                }
            }
        }
        looks
    }

    #[test]
    fn idle_means_nothing_at_all() {
        assert!(looks(&[], 100_000).is_empty());
        assert!(looks(&[(5, "edit")], 100_000).is_empty());
        assert_eq!(Pace::new().due(), None);
    }

    #[test]
    fn the_first_data_shows_at_once() {
        assert_eq!(looks(&[(7, "first")], 10_000), [7]);
    }

    #[test]
    fn what_arrives_together_is_shown_together() {
        assert_eq!(looks(&[(0, "span"), (400, "span"), (900, "span")], 10_000), [1_000]);
    }

    #[test]
    fn a_stream_slows_down_to_one_in_five_seconds() {
        let stream: Vec<_> = (0..600).map(|n| (n * 50, "span")).collect();
        assert_eq!(looks(&stream, 30_000), [1_000, 2_050, 4_050, 8_050, 13_050, 18_050, 23_050, 28_050]);
    }

    #[test]
    fn after_a_pause_it_is_quick_again() {
        let mut events: Vec<_> = (0..400).map(|n| (n * 50, "span")).collect();
        events.push((60_000, "span"));
        assert_eq!(looks(&events, 90_000).last(), Some(&61_000));
        events.push((62_100, "span"));
        assert_eq!(looks(&events, 90_000).last(), Some(&63_100));
    }

    #[test]
    fn nothing_jumps_while_somebody_types() {
        let mut events: Vec<_> = (0..100).map(|n| (n * 50, "span")).collect();
        events.extend((0..10).map(|n| (n * 300, "edit")));
        assert_eq!(looks(&events, 4_300), [4_200]);
    }

    #[test]
    fn one_refresh_waits_for_the_answer_to_the_one_before() {
        let stream =
            |answer| (0..100).map(|n| (n * 100, "span")).chain([(answer, "answer")]).collect::<Vec<_>>();
        assert_eq!(looks(&stream(8_000), 8_500), [1_000, 8_000]);
        assert_eq!(
            looks(&stream(90_000), 50_000),
            [1_000, 31_000],
            "a client that never answers is given up"
        );
    }
}
