//! Which folder belongs to which service: learned from what is certain, used only to decide between candidates.

use imbl::{HashMap, OrdMap};
use model::SmolStr;
use smol_str::format_smolstr;

use crate::{Evidence, Rule, clues::Candidate};

/// One folder must have so many times the shapes of all others together.
const MAJORITY: u32 = 5;

/// Files in which shapes of a service are certainly placed, with how many. Cloning costs a pointer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Services {
    files: HashMap<SmolStr, OrdMap<SmolStr, u32>>,
}

impl Services {
    /// A shape of `service` is certainly placed in `file`.
    pub(crate) fn learn(&mut self, service: &SmolStr, file: &SmolStr) {
        *self.files.entry(service.clone()).or_default().entry(file.clone()).or_default() += 1;
    }

    /// It is no more.
    pub(crate) fn unlearn(&mut self, service: &SmolStr, file: &SmolStr) {
        let Some(files) = self.files.get_mut(service) else { return };
        match files.get_mut(file) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(files.remove(file)),
        }
    }

    /// Which of `candidates` lies where the service does, if exactly one does: by what is known of the service, else
    /// by a folder that is called like it.
    pub(crate) fn decide(
        &self,
        service: &SmolStr,
        rule: Rule,
        candidates: &[Candidate],
    ) -> Option<(usize, Evidence)> {
        let known = self.files.get(service);
        let mut left: Vec<usize> = (0..candidates.len()).collect();
        let mut why = SmolStr::default();
        while left.len() > 1 {
            let paths: Vec<&str> = left.iter().map(|at| candidates[*at].function.file.as_str()).collect();
            let shared = shared_folder(&paths)?;
            let branch = |path: &str| path[shared..].split('/').next().unwrap_or_default().to_owned();
            let mut branches: Vec<String> = paths.iter().map(|path| branch(path)).collect();
            branches.sort_unstable();
            branches.dedup();
            if branches.len() < 2 {
                return None;
            }
            let prefix = &paths[0][..shared];
            let chosen = known
                .and_then(|known| most_used(known, prefix, &branches))
                .or_else(|| named_like(service, &branches, known.is_some_and(|known| !known.is_empty())))?;
            why = format_smolstr!("spans of {service} come from {prefix}{chosen}");
            left.retain(|at| branch(&candidates[*at].function.file) == chosen);
        }
        let only = *left.first()?;
        Some((only, Evidence { rule, detail: why }))
    }
}

/// The one branch below `prefix` from which nearly all of the service's certain shapes come.
fn most_used(known: &OrdMap<SmolStr, u32>, prefix: &str, branches: &[String]) -> Option<String> {
    let count = |branch: &String| -> u32 {
        let folder = format!("{prefix}{branch}");
        let below = known.iter().filter(|(file, _)| {
            file.strip_prefix(folder.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        });
        below.map(|(_, count)| *count).sum()
    };
    let counts: Vec<u32> = branches.iter().map(count).collect();
    let most = counts.iter().copied().max().filter(|most| *most > 0)?;
    let others: u32 = counts.iter().sum::<u32>() - most;
    let at = counts.iter().position(|count| *count == most)?;
    (others.saturating_mul(MAJORITY) <= most).then(|| branches[at].clone())
}

/// The one branch that is called like the service. Only while nothing is known of where the service lies.
fn named_like(service: &str, branches: &[String], is_known: bool) -> Option<String> {
    if is_known {
        return None;
    }
    let plain = |name: &str| -> String {
        let name: String =
            name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        name.strip_suffix("service").filter(|rest| !rest.is_empty()).unwrap_or(&name).to_owned()
    };
    let mut same = branches.iter().filter(|branch| plain(branch) == plain(service));
    match (same.next(), same.next()) {
        (Some(only), None) => Some(only.clone()),
        _ => None,
    }
}

/// The length of the folder, slash included, that all paths share; `None` when two are the same.
fn shared_folder(paths: &[&str]) -> Option<usize> {
    let first = paths.first()?;
    let mut shared = 0;
    for (at, _) in first.match_indices('/') {
        if paths.iter().all(|path| path.get(..=at) == first.get(..=at)) {
            shared = at + 1;
        } else {
            break;
        }
    }
    Some(shared)
}
