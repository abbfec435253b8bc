//! All routes of an index in the forms in which spans ask for them.

use std::collections::HashMap;

use model::SmolStr;

use crate::{
    Route,
    pattern::{Pattern, Segment, path_segments},
};

/// How many branches one path may follow: patterns of many varying segments multiply.
const MAX_BRANCHES: usize = 10_000;

/// Routes by form, by end, and as a tree for paths. Answers are numbers into the list they were made from.
#[derive(Debug, Default)]
pub(crate) struct RouteTable {
    by_key: HashMap<String, Vec<u32>>,
    by_last: HashMap<SmolStr, Vec<u32>>,
    patterns: Vec<Pattern>,
    tree: Vec<Branch>,
}

#[derive(Debug, Default)]
struct Branch {
    literal: HashMap<SmolStr, u32>,
    any: Option<u32>,
    mixed: Vec<(Segment, u32)>,
    rest: Vec<u32>,
    ends: Vec<u32>,
}

impl RouteTable {
    /// Makes the table of `routes`.
    pub(crate) fn new(routes: &[Route]) -> RouteTable {
        let mut table = RouteTable { tree: vec![Branch::default()], ..RouteTable::default() };
        for (number, route) in routes.iter().enumerate() {
            let number = number as u32;
            let pattern = Pattern::parse(&route.pattern);
            table.by_key.entry(pattern.key()).or_default().push(number);
            let last = pattern.segments.iter().rev().find_map(|segment| match segment {
                Segment::Literal(text) | Segment::Mixed(text) => Some(text.clone()),
                _ => None,
            });
            if let Some(last) = last {
                table.by_last.entry(last).or_default().push(number);
            }
            for missing in 0..=pattern.optional.min(3) {
                table.grow(&pattern.segments[..pattern.segments.len() - missing], number);
            }
            table.patterns.push(pattern);
        }
        table
    }

    /// Routes of exactly this form.
    pub(crate) fn equal(&self, pattern: &Pattern) -> &[u32] {
        self.by_key.get(&pattern.key()).map(Vec::as_slice).unwrap_or_default()
    }

    /// Routes whose segments end with those of `pattern`, or the other way round, with how many segments agree.
    pub(crate) fn ending<'a>(&'a self, pattern: &'a Pattern) -> impl Iterator<Item = (u32, usize)> + 'a {
        let last = pattern.segments.iter().rev().find_map(|segment| match segment {
            Segment::Literal(text) | Segment::Mixed(text) => Some(text),
            _ => None,
        });
        let known = last.and_then(|last| self.by_last.get(last)).map(Vec::as_slice).unwrap_or_default();
        known.iter().filter_map(move |number| {
            let other = &self.patterns.get(*number as usize)?.segments;
            let shared = other.len().min(pattern.segments.len());
            let agrees = other.iter().rev().zip(pattern.segments.iter().rev()).all(|(a, b)| a == b);
            (agrees && shared > 0).then_some((*number, shared))
        })
    }

    /// Routes that a path fits.
    pub(crate) fn fitting(&self, path: &str) -> Vec<u32> {
        let parts: Vec<&str> = path_segments(path).take(64).collect();
        let mut found = Vec::new();
        let mut open = vec![(0_u32, 0_usize)];
        let mut steps = 0;
        while let Some((branch, depth)) = open.pop() {
            steps += 1;
            let Some(branch) = self.tree.get(branch as usize).filter(|_| steps < MAX_BRANCHES) else { break };
            found.extend(&branch.rest);
            let Some(part) = parts.get(depth) else {
                found.extend(&branch.ends);
                continue;
            };
            open.extend(branch.literal.get(*part).map(|next| (*next, depth + 1)));
            open.extend(branch.any.map(|next| (next, depth + 1)));
            let mixed = branch.mixed.iter().filter(|(segment, _)| segment.matches(part));
            open.extend(mixed.map(|(_, next)| (*next, depth + 1)));
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The form of the route numbered so.
    pub(crate) fn pattern(&self, number: u32) -> Option<&Pattern> {
        self.patterns.get(number as usize)
    }

    fn grow(&mut self, segments: &[Segment], number: u32) {
        let mut at = 0_usize;
        for segment in segments {
            let fresh = self.tree.len() as u32;
            let branch = &mut self.tree[at];
            let next = match segment {
                Segment::Rest => {
                    branch.rest.push(number);
                    return;
                }
                Segment::Literal(text) => *branch.literal.entry(text.clone()).or_insert(fresh),
                Segment::Any => *branch.any.get_or_insert(fresh),
                Segment::Mixed(_) => match branch.mixed.iter().find(|(other, _)| other == segment) {
                    Some((_, next)) => *next,
                    None => {
                        branch.mixed.push((segment.clone(), fresh));
                        fresh
                    }
                },
            };
            if next == fresh {
                self.tree.push(Branch::default());
            }
            at = next as usize;
        }
        self.tree[at].ends.push(number);
    }
}
