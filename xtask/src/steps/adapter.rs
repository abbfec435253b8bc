//! The debug adapter seen from outside: against the protocol's schema, and driven by Microsoft's own test client.

use anyhow::Result;

use super::{Site, Step, When, everywhere};
use crate::process::{Cmd, Expect};
use crate::tools::Tool;

pub(super) fn steps() -> Vec<Step> {
    let step = |name, about, needs, plan| Step {
        name,
        about,
        when: When::Whole,
        lint: false,
        needs,
        plan,
        applies: everywhere,
    };
    vec![
        step(
            "dap-schema",
            "every message of the debug adapter against the protocol's schema",
            SCHEMA,
            schema,
        ),
        step("dap-client", "the debug adapter driven by Microsoft's test client", CLIENT, client),
    ]
}

const SCHEMA: &[Tool] = &[Tool::Binary, Tool::Python];
const CLIENT: &[Tool] = &[Tool::Binary, Tool::Node, Tool::NodeTools];

fn schema(site: &Site) -> Result<Vec<Cmd>> {
    script(site, Tool::Python, "tests/conformance/dap_schema.py")
}

fn client(site: &Site) -> Result<Vec<Cmd>> {
    script(site, Tool::Node, "tests/conformance/dap_client.mjs")
}

fn script(site: &Site, tool: Tool, path: &str) -> Result<Vec<Cmd>> {
    let cmd = site.cmd(site.tool(tool)?).arg(site.file(path)?);
    Ok(vec![cmd.expect(Expect::ClosingLine).limit_secs(5 * 60)])
}
