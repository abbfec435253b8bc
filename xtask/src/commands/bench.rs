//! Finds and runs benchmarks, wherever they are: bench targets, and examples that measure.

use anyhow::{Result, bail};

use crate::process::{Cmd, run_here};
use crate::workspace::{Package, Workspace};

/// One program that measures.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Benchmark<'a> {
    package: &'a str,
    name: &'a str,
    is_example: bool,
}

/// Runs the benchmarks of the target or crate that `args` names first, with the rest as arguments; lists all
/// without one.
///
/// # Errors
/// When there is none of that name, or one ends badly.
pub fn bench(workspace: &Workspace, args: &[String]) -> Result<()> {
    let all = benchmarks(workspace);
    let Some((name, rest)) = args.split_first() else {
        all.iter().for_each(|benchmark| println!("{}", shown(benchmark)));
        return Ok(());
    };
    let chosen = named(&all, name);
    if chosen.is_empty() {
        let known: Vec<String> = all.iter().map(shown).collect();
        bail!("there is no benchmark `{name}`; there are: {}", known.join(", "));
    }
    for benchmark in chosen {
        let (command, target): (&[&str], _) =
            if benchmark.is_example { (&["run", "--release"], "--example") } else { (&["bench"], "--bench") };
        let cargo = Cmd::new(&workspace.root, "cargo").args(command).args(["--package", benchmark.package]);
        run_here(&cargo.args([target, benchmark.name, "--"]).args(rest))?;
    }
    Ok(())
}

fn benchmarks(workspace: &Workspace) -> Vec<Benchmark<'_>> {
    workspace.packages.iter().flat_map(of_package).collect()
}

fn of_package(package: &Package) -> Vec<Benchmark<'_>> {
    let one = |name, is_example| Benchmark { package: &package.name, name, is_example };
    let measures = |name: &&String| *name == "bench" || name.ends_with("_speed") || name.ends_with("_bench");
    let benches = package.benches.iter().map(|name| one(name, false));
    benches.chain(package.examples.iter().filter(measures).map(|name| one(name, true))).collect()
}

/// Those of that target's name; where there are none, those of that crate.
fn named<'a>(all: &'a [Benchmark<'a>], name: &str) -> Vec<&'a Benchmark<'a>> {
    let of_target: Vec<_> =
        all.iter().filter(|benchmark| benchmark.name == name && name != "bench").collect();
    if !of_target.is_empty() {
        return of_target;
    }
    all.iter().filter(|benchmark| short(benchmark.package) == name).collect()
}

fn shown(benchmark: &Benchmark) -> String {
    match benchmark.name {
        "bench" => short(benchmark.package).to_owned(),
        name => format!("{name} (of {})", short(benchmark.package)),
    }
}

fn short(package: &str) -> &str {
    package.trim_start_matches("spanglass-")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn package(name: &str, benches: &[&str], examples: &[&str]) -> Package {
        let own = |names: &[&str]| names.iter().map(|name| name.to_string()).collect();
        Package {
            name: name.to_owned(),
            benches: own(benches),
            examples: own(examples),
            ..Package::default()
        }
    }

    #[test]
    fn benchmarks_go_by_their_own_name_or_their_crates() {
        let mut workspace = Workspace::at(Path::new("/r"));
        workspace.packages.push(package("spanglass-attribution", &["placement"], &[]));
        workspace.packages.push(package("spanglass-replay", &[], &["bench"]));
        workspace.packages.push(package("spanglass-world", &[], &["apply_speed", "tour"]));
        let all = benchmarks(&workspace);
        let list: Vec<String> = all.iter().map(shown).collect();
        assert_eq!(list, ["placement (of attribution)", "replay", "apply_speed (of world)"]);
        for (name, target) in [("placement", "placement"), ("replay", "bench"), ("world", "apply_speed")] {
            assert_eq!(named(&all, name).iter().map(|found| found.name).collect::<Vec<_>>(), [target]);
        }
        assert!(named(&all, "tour").is_empty() && named(&all, "bench").is_empty());
    }
}
