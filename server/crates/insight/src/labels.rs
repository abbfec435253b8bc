//! What a person sees of a file, boiled down so far that two of them differ only when it is worth showing the new.
//!
//! A refresh makes every editor ask again for all lenses and hints, so one is sent only when a label would read
//! differently: with two significant digits, and with hysteresis, lest a value on the edge between two of them
//! flicker.

use model::TextRange;
use store::Figures;
use world::Snapshot;

use crate::{code_lens::code_lenses, inlay_hints, inlay_hints::inlay_hints};

/// The labels of one file at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Labels {
    lenses: Vec<Label>,
    hints: Vec<Label>,
}

/// Which of the labels read differently.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// Lenses do.
    pub lenses: bool,
    /// Inlay hints do.
    pub hints: bool,
}

#[derive(Clone, Debug, PartialEq)]
struct Label {
    /// What it is about, without where that stands: text moves under an editor's own eyes.
    subject: String,
    quantities: [f64; 4],
}

/// The labels of the file known by `path`. Costs what answering for its lenses and hints costs.
pub fn labels(snapshot: &Snapshot, path: &str, lenses: bool, hints: &inlay_hints::Options) -> Labels {
    let lens_labels = |(at, lens): (usize, crate::code_lens::Lens)| Label {
        subject: format!("{at} {}", lens.function),
        quantities: quantities(&lens.figures, lens.figures.p95.as_nanos() as f64),
    };
    let hint_labels = |(at, hint): (usize, inlay_hints::Hint)| Label {
        subject: format!(
            "{at} {} {}",
            hint.function,
            hint.target.as_deref().unwrap_or_default()
        ),
        quantities: quantities(&hint.figures, hint.per_call.unwrap_or_default()),
    };
    let everywhere = TextRange::new(0, u32::MAX);
    Labels {
        lenses: match lenses {
            true => code_lenses(snapshot, path)
                .into_iter()
                .enumerate()
                .map(lens_labels)
                .collect(),
            false => Vec::new(),
        },
        hints: inlay_hints(snapshot, path, everywhere, hints)
            .into_iter()
            .enumerate()
            .map(hint_labels)
            .collect(),
    }
}

impl Labels {
    /// Which of these read differently from those that were `shown`.
    pub fn changed_since(&self, shown: &Labels) -> Changed {
        Changed {
            lenses: differ(&self.lenses, &shown.lenses),
            hints: differ(&self.hints, &shown.hints),
        }
    }
}

impl Changed {
    /// Whether anything does.
    pub fn any(self) -> bool {
        self.lenses || self.hints
    }
}

fn quantities(figures: &Figures, other: f64) -> [f64; 4] {
    [
        figures.calls as f64,
        figures.p50.as_nanos() as f64,
        other,
        figures.errors as f64,
    ]
}

fn differ(now: &[Label], shown: &[Label]) -> bool {
    let label_differs = |(now, shown): (&Label, &Label)| {
        now.subject != shown.subject
            || now
                .quantities
                .iter()
                .zip(shown.quantities)
                .any(|(now, shown)| reads_differently(*now, shown))
    };
    now.len() != shown.len() || now.iter().zip(shown).any(label_differs)
}

/// Whether `now` is more than three quarters of a step of the second significant digit away from what is shown.
fn reads_differently(now: f64, shown: f64) -> bool {
    if now == shown {
        return false;
    }
    if now <= 0.0 || shown <= 0.0 {
        return true;
    }
    let step = 10f64.powf(shown.log10().floor() - 1.0);
    (now - shown).abs() > 0.75 * step
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_digits_count_and_hairs_do_not() {
        for (now, shown, differs) in [
            (12.0, 12.0, false),
            (12.6, 12.4, false), // would round to 13, by a hair
            (13.2, 12.4, true),
            (11.7, 12.4, false),
            (11.6, 12.4, true),
            (1_310.0, 1_240.0, false),
            (1_320.0, 1_240.0, true),
            (812.0, 815.0, false),
            (1.0, 2.0, true),
            (0.0, 1.0, true),
            (1.0, 0.0, true),
            (0.0, 0.0, false),
            (100.0, 99.0, true),
            (1e12, 1.0, true),
        ] {
            assert_eq!(reads_differently(now, shown), differs, "{shown} → {now}");
        }
    }

    #[test]
    fn a_steady_stream_does_not_flicker_between_two_labels() {
        let mut shown = 12.49;
        let mut refreshes = 0;
        for now in [12.51, 12.49, 12.51, 12.49, 12.52, 12.48] {
            if reads_differently(now, shown) {
                refreshes += 1;
                shown = now;
            }
        }
        assert_eq!(refreshes, 0);
    }

    fn label(subject: &str, calls: f64) -> Label {
        Label {
            subject: subject.into(),
            quantities: [calls, 0.0, 0.0, 0.0],
        }
    }

    #[test]
    fn a_label_more_or_less_is_a_change_of_its_kind_only() {
        let before = Labels {
            lenses: vec![label("a", 1.0)],
            hints: vec![],
        };
        let after = Labels {
            lenses: vec![label("a", 1.0)],
            hints: vec![label("h", 3.0)],
        };
        assert_eq!(
            after.changed_since(&before),
            Changed {
                lenses: false,
                hints: true
            }
        );
        assert!(!after.changed_since(&after).any());
        let renamed = Labels {
            lenses: vec![label("b", 1.0)],
            hints: vec![],
        };
        assert!(renamed.changed_since(&before).lenses);
    }
}
