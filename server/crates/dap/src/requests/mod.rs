//! One file for each family of requests; each is a function from the player and the arguments to an answer.

pub(crate) mod breakpoints;
pub(crate) mod console;
pub(crate) mod custom;
pub(crate) mod initialize;
pub(crate) mod inspect;
pub(crate) mod launch;
pub(crate) mod sources;
pub(crate) mod travel;

use dap_types::requests::Command;
use replay::{Direction, Step, Stride};

use crate::{
    client::Client,
    player::Player,
    reply::{Answer, Reply},
    wire::Failure,
};

/// Answers a request of the protocol about a loaded trace.
pub(crate) fn handle(player: &mut Player, client: &Client, command: &Command) -> Answer {
    use Command as C;
    let forward = Step::forward;
    match command {
        C::ConfigurationDone => Ok(launch::configuration_done(player, client)),
        C::Restart(_) => Ok(travel::restart(player, client)),
        C::Next(a) => {
            travel::step(player, client, a.thread_id, forward(Stride::Over), a.granularity.as_ref())
        }
        C::StepBack(a) => {
            travel::step(player, client, a.thread_id, Step::backward(Stride::Over), a.granularity.as_ref())
        }
        C::StepIn(a) if a.target_id.is_some() => travel::step_into_target(player, client, a.target_id),
        C::StepIn(a) => {
            travel::step(player, client, a.thread_id, forward(Stride::In), a.granularity.as_ref())
        }
        C::StepOut(a) => {
            travel::step(player, client, a.thread_id, forward(Stride::Out), a.granularity.as_ref())
        }
        C::Continue(_) => Ok(travel::run(player, client, Direction::Forward)),
        C::ReverseContinue(_) => Ok(travel::run(player, client, Direction::Backward)),
        C::Pause(_) => Ok(travel::pause(player)),
        C::Goto(a) => travel::goto(player, client, a.target_id),
        C::GotoTargets(a) => Ok(travel::goto_targets(player, client, a)),
        C::StepInTargets(a) => travel::step_in_targets(player, client, a.frame_id),
        C::RestartFrame(a) => travel::restart_frame(player, client, a.frame_id),
        C::SetBreakpoints(a) => Ok(breakpoints::set_lines(player, client, a)),
        C::SetFunctionBreakpoints(a) => Ok(breakpoints::set_functions(player, a)),
        C::SetExceptionBreakpoints(a) => Ok(breakpoints::set_exceptions(player, a)),
        C::SetDataBreakpoints(a) => Ok(breakpoints::set_data(player, a)),
        C::DataBreakpointInfo(a) => Ok(breakpoints::data_info(player, a)),
        C::BreakpointLocations(a) => Ok(breakpoints::locations(player, client, a)),
        C::Threads => Ok(inspect::threads(player)),
        C::StackTrace(a) => inspect::stack_trace(player, client, a),
        C::Scopes(a) => inspect::scopes(player, client, a.frame_id),
        C::Variables(a) => inspect::variables(player, client, a),
        C::ExceptionInfo(a) => inspect::exception_info(player, a.thread_id),
        C::Evaluate(a) => console::evaluate(player, client, a),
        C::Completions(a) => Ok(console::completions(player, client, a)),
        C::Source(a) => sources::source(player, a),
        C::LoadedSources => Ok(sources::loaded_sources(player, client)),
        C::SetVariable(_) | C::SetExpression(_) => {
            Err(Failure::shown("a recording cannot be changed: its values are read-only"))
        }
        C::TerminateThreads(_) => Err(Failure::shown("threads of a recording cannot be ended one by one")),
        C::SetInstructionBreakpoints(_)
        | C::Disassemble(_)
        | C::ReadMemory(_)
        | C::WriteMemory(_)
        | C::Modules(_) => Err(Failure::quiet("a recording of spans has no memory, instructions or modules")),
        // Answered by the session, which knows whether a trace is loaded.
        C::Attach(_)
        | C::Cancel(_)
        | C::Disconnect(_)
        | C::Initialize(_)
        | C::Launch(_)
        | C::Terminate(_) => Ok(Reply::empty()),
    }
}
