//! What a person sees of a file, boiled down so far that two of them differ only when it is worth showing the new.
//!
//! A refresh makes every editor ask again for all lenses and hints, so one is sent only when a label would read
//! differently: with two significant digits, and with hysteresis, lest a value on the edge between two of them
//! flicker.

use store::Figures;

use crate::{code_lens::Lens, findings::Finding, inlay_hints::Hint};

/// The labels of one kind in one file at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Labels(Vec<Label>);

#[derive(Clone, Debug, PartialEq)]
struct Label {
    /// What it is about, without where that stands: text moves under an editor's own eyes.
    subject: String,
    quantities: [f64; 4],
}

impl Labels {
    /// Of all lenses of a file.
    pub fn of_lenses(lenses: &[Lens]) -> Labels {
        let label = |lens: &Lens| Label {
            subject: lens.function.to_string(),
            quantities: quantities(&lens.figures, lens.figures.p95.as_nanos() as f64),
        };
        Labels(lenses.iter().map(label).collect())
    }

    /// Of all inlay hints of a file.
    pub fn of_hints(hints: &[Hint]) -> Labels {
        let label = |hint: &Hint| Label {
            subject: format!("{} {}", hint.function, hint.target.as_deref().unwrap_or_default()),
            quantities: quantities(&hint.figures, hint.per_call.unwrap_or_default()),
        };
        Labels(hints.iter().map(label).collect())
    }

    /// Of all findings of a file.
    pub fn of_findings(findings: &[Finding]) -> Labels {
        let label = |finding: &Finding| Label {
            subject: format!("{} {}", finding.code, finding.subject),
            quantities: [finding.count, 0.0, 0.0, 0.0],
        };
        Labels(findings.iter().map(label).collect())
    }

    /// Whether these read differently from those that are `shown`.
    pub fn differ_from(&self, shown: &Labels) -> bool {
        let label_differs = |(now, shown): (&Label, &Label)| {
            now.subject != shown.subject
                || now
                    .quantities
                    .iter()
                    .zip(shown.quantities)
                    .any(|(now, shown)| reads_differently(*now, shown))
        };
        self.0.len() != shown.0.len() || self.0.iter().zip(&shown.0).any(label_differs)
    }
}

fn quantities(figures: &Figures, other: f64) -> [f64; 4] {
    [figures.calls as f64, figures.p50.as_nanos() as f64, other, figures.errors as f64]
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

    #[test]
    fn a_label_more_or_less_is_a_change() {
        let labels = |all: &[(&str, f64)]| {
            let label = |(subject, calls): &(&str, f64)| Label {
                subject: (*subject).to_owned(),
                quantities: [*calls, 0.0, 0.0, 0.0],
            };
            Labels(all.iter().map(label).collect())
        };
        let shown = labels(&[("a", 100.0), ("b", 3.0)]);
        assert!(!labels(&[("a", 104.0), ("b", 3.0)]).differ_from(&shown));
        assert!(labels(&[("a", 110.0), ("b", 3.0)]).differ_from(&shown));
        assert!(labels(&[("a", 100.0), ("c", 3.0)]).differ_from(&shown));
        assert!(labels(&[("a", 100.0)]).differ_from(&shown));
        assert!(Labels::default().differ_from(&shown));
    }
}
