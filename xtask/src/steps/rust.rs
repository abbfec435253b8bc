//! The workspace's own crates: format, lints, unit tests, house rules, and the binary over its real protocols.

use anyhow::{Context, Result, bail};

use super::{Site, Step, When, everywhere};
use crate::process::{Cmd, Expect};
use crate::tools::Tool;

/// Crates without IO: their tests run in seconds.
const PURE: &[&str] = &["model", "formats", "store", "source", "attribution", "world", "insight", "replay"];
const TESTS: &str = "spanglass-tests";
/// Test targets that are steps of their own, in whichever package they are.
const OWN_STEP: &[&str] = &["house", "senders", "zipkin"];

pub(super) fn steps() -> Vec<Step> {
    let step = |name, about, when, needs, plan| {
        let lint = matches!(name, "fmt" | "clippy");
        Step { name, about, when, lint, needs, plan, applies: everywhere }
    };
    vec![
        step("fmt", "Rust is formatted", When::Always, &[], fmt),
        step("clippy", "every crate and target, warnings are errors", When::Whole, &[], clippy),
        step("pure", "unit tests of the crates without IO", When::Quick, &[], pure),
        step("unit", "unit, integration and documentation tests of every crate", When::Whole, &[], unit),
        step("house", "the rules of the house: floors, tidiness, generated files", When::Always, &[], house),
        step("e2e", "the real binary over its real protocols", When::Whole, &[Tool::Binary], e2e),
        step("senders", "real SDKs and a Collector send to the real binary", When::Whole, SENDERS, senders),
        step("zipkin", "a real Zipkin server as a backend", When::Whole, ZIPKIN, zipkin),
    ]
}

const SENDERS: &[Tool] = &[Tool::Binary, Tool::Node, Tool::Python, Tool::Java, Tool::Senders];
const ZIPKIN: &[Tool] = &[Tool::Binary, Tool::Java, Tool::Zipkin];

fn fmt(site: &Site) -> Result<Vec<Cmd>> {
    let fmt = site.cmd("cargo").args(["fmt", "--all"]);
    Ok(vec![if site.fix { fmt } else { fmt.arg("--check") }])
}

fn clippy(site: &Site) -> Result<Vec<Cmd>> {
    let clippy = site.cmd("cargo").args(["clippy", "--locked", "--workspace", "--all-targets"]);
    Ok(vec![clippy.args(["--", "-D", "warnings"]).limit_secs(30 * 60)])
}

fn pure(site: &Site) -> Result<Vec<Cmd>> {
    let mut cmd = test(site).arg("--lib");
    for name in PURE {
        let package = format!("spanglass-{name}");
        site.workspace.package(&package).with_context(|| format!("there is no package {package}"))?;
        cmd = cmd.args(["--package", &package]);
    }
    Ok(vec![cmd])
}

fn unit(site: &Site) -> Result<Vec<Cmd>> {
    let others = site.workspace.packages.iter().filter(|package| package.name != TESTS);
    let own = |name: &&String| OWN_STEP.contains(&name.as_str());
    let mut targets: Vec<&String> =
        others.flat_map(|package| &package.tests).filter(|name| !own(name)).collect();
    targets.sort_unstable();
    targets.dedup();
    let flags = targets.into_iter().flat_map(|name| ["--test", name]);
    let documentation = test(site).args(["--workspace", "--doc"]).expect(Expect::Success);
    Ok(vec![test(site).args(["--workspace", "--lib", "--bins"]).args(flags), documentation])
}

fn house(site: &Site) -> Result<Vec<Cmd>> {
    Ok(vec![one_target(site, "house")?])
}

/// One after the other: the services that send have one folder and fixed ports.
fn senders(site: &Site) -> Result<Vec<Cmd>> {
    Ok(vec![one_target(site, "senders")?.args(["--", "--test-threads", "1"])])
}

fn zipkin(site: &Site) -> Result<Vec<Cmd>> {
    Ok(vec![one_target(site, "zipkin")?])
}

fn e2e(site: &Site) -> Result<Vec<Cmd>> {
    let rest = targets(site)?.iter().filter(|name| !OWN_STEP.contains(&name.as_str()));
    let flags: Vec<&str> = rest.flat_map(|name| ["--test", name]).collect();
    if flags.is_empty() {
        bail!("the package {TESTS} has no end-to-end tests");
    }
    Ok(vec![only(site, &[TESTS]).args(flags)])
}

/// Every package's test target of that name.
fn one_target(site: &Site, name: &str) -> Result<Cmd> {
    let packages =
        site.workspace.packages.iter().filter(|package| package.tests.iter().any(|test| test == name));
    let packages: Vec<&str> = packages.map(|package| package.name.as_str()).collect();
    if packages.is_empty() {
        bail!("no package has a test target `{name}`");
    }
    Ok(only(site, &packages).args(["--test", name]))
}

/// `cargo test` of `packages`; see [`Site::whole`] for why they are not always named.
fn only(site: &Site, packages: &[&str]) -> Cmd {
    match site.whole {
        true => test(site).arg("--workspace"),
        false => test(site).args(packages.iter().flat_map(|package| ["--package", package])),
    }
}

fn targets<'a>(site: &Site<'a>) -> Result<&'a [String]> {
    let package = site.workspace.package(TESTS).with_context(|| format!("there is no package {TESTS}"))?;
    Ok(&package.tests)
}

/// `cargo test` that goes on after a failing target, so that one run shows everything.
fn test(site: &Site) -> Cmd {
    let cargo = site.cmd("cargo").args(["test", "--locked", "--no-fail-fast"]);
    cargo.expect(Expect::Tests).limit_secs(30 * 60)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use super::*;
    use crate::workspace::{Package, Workspace};

    fn check(plan: fn(&Site) -> Result<Vec<Cmd>>, whole: bool, targets: &[&str]) -> String {
        let mut workspace = Workspace::at(Path::new("/r"));
        let tests = targets.iter().map(|name| name.to_string()).collect();
        workspace.packages.push(Package { name: TESTS.into(), tests, ..Package::default() });
        workspace.packages.push(Package {
            name: "a".into(),
            tests: vec!["speed".into(), "senders".into()],
            ..Package::default()
        });
        match plan(&Site { workspace: &workspace, tools: &BTreeMap::new(), fix: false, whole }) {
            Ok(cmds) => cmds.iter().map(Cmd::shown).collect::<Vec<_>>().join("\n"),
            Err(error) => format!("{error:#}"),
        }
    }

    #[test]
    fn e2e_takes_every_target_that_is_no_step_of_its_own() {
        let targets = ["house", "lsp", "zipkin", "dap", "senders"];
        let expected = "cargo test --locked --no-fail-fast --package spanglass-tests --test lsp --test dap";
        assert_eq!(check(e2e, false, &targets), expected);
        assert_eq!(check(e2e, false, &["house"]), "the package spanglass-tests has no end-to-end tests");
    }

    #[test]
    fn a_whole_run_selects_the_same_packages_everywhere() {
        assert_eq!(
            check(house, true, &["house"]),
            "cargo test --locked --no-fail-fast --workspace --test house"
        );
        let unit = "cargo test --locked --no-fail-fast --workspace --lib --bins --test speed
cargo test --locked --no-fail-fast --workspace --doc";
        let both = "cargo test --locked --no-fail-fast --package spanglass-tests --package a --test senders -- --test-threads 1";
        assert_eq!(check(senders, false, &["senders"]), both);
        assert_eq!(check(super::unit, true, &["house"]), unit);
    }

    #[test]
    fn a_missing_target_or_package_is_named() {
        assert_eq!(check(zipkin, false, &["house"]), "no package has a test target `zipkin`");
        assert_eq!(check(pure, false, &[]), "there is no package spanglass-model");
    }
}
