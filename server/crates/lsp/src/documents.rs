//! The documents that an editor holds open: under which address it knows them, and what it last showed of them.

use std::{collections::HashMap, sync::Arc};

use insight::labels::Labels;
use model::SmolStr;
use tower_lsp::lsp_types::Url;

/// Open documents by the index's key. Held by the loop alone; readers get [`Documents::uris`].
#[derive(Debug, Default)]
pub(crate) struct Documents {
    open: HashMap<SmolStr, Shown>,
    uris: Arc<HashMap<SmolStr, Url>>,
}

/// What an editor shows of one document; `None` for what it never asked for, so there is nothing to refresh.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shown {
    pub(crate) lenses: Option<Labels>,
    pub(crate) hints: Option<Labels>,
    pub(crate) findings: Option<Labels>,
}

/// Which refreshes would change what somebody sees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stale {
    pub(crate) lenses: bool,
    pub(crate) hints: bool,
    /// The documents whose remarks differ.
    pub(crate) findings: Vec<SmolStr>,
}

impl Documents {
    /// A document was opened. The editor's own spelling of its address is kept, because answers must repeat it. With
    /// `is_pushed` it shows remarks without asking: none yet.
    pub(crate) fn opened(&mut self, key: SmolStr, uri: Url, is_pushed: bool) {
        let findings = is_pushed.then(Labels::default);
        self.open.insert(key.clone(), Shown { findings, ..Shown::default() });
        Arc::make_mut(&mut self.uris).insert(key, uri);
    }

    /// A document was closed; answers whether it was open.
    pub(crate) fn closed(&mut self, key: &str) -> bool {
        Arc::make_mut(&mut self.uris).remove(key);
        self.open.remove(key).is_some()
    }

    /// Whether the document is open.
    pub(crate) fn is_open(&self, key: &str) -> bool {
        self.open.contains_key(key)
    }

    /// The addresses of open documents, as a cheap copy.
    pub(crate) fn uris(&self) -> Arc<HashMap<SmolStr, Url>> {
        self.uris.clone()
    }

    /// What is shown of each document of which anything is.
    pub(crate) fn shown(&self) -> Vec<(SmolStr, Shown)> {
        let is_shown = |(_, shown): &(&SmolStr, &Shown)| {
            shown.lenses.is_some() || shown.hints.is_some() || shown.findings.is_some()
        };
        self.open.iter().filter(is_shown).map(|(key, shown)| (key.clone(), shown.clone())).collect()
    }

    /// The editor was answered, and shows this from now on.
    pub(crate) fn served(&mut self, key: &str, served: Shown) {
        if let Some(shown) = self.open.get_mut(key) {
            shown.lenses = served.lenses.or(shown.lenses.take());
            shown.hints = served.hints.or(shown.hints.take());
            shown.findings = served.findings.or(shown.findings.take());
        }
    }

    /// Compares what would be shown `now` with what is, and takes it as shown where it differs: the refresh that
    /// follows makes the editor ask.
    pub(crate) fn looked(&mut self, now: Vec<(SmolStr, Shown)>) -> Stale {
        let mut stale = Stale::default();
        for (key, now) in now {
            let Some(shown) = self.open.get_mut(&key) else { continue };
            stale.lenses |= take_if_different(&mut shown.lenses, now.lenses);
            stale.hints |= take_if_different(&mut shown.hints, now.hints);
            if take_if_different(&mut shown.findings, now.findings) {
                stale.findings.push(key);
            }
        }
        stale
    }
}

fn take_if_different(shown: &mut Option<Labels>, now: Option<Labels>) -> bool {
    let (Some(before), Some(now)) = (shown.as_mut(), now) else { return false };
    let differs = now.differ_from(before);
    if differs {
        *before = now;
    }
    differs
}
