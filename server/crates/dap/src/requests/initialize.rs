//! What the adapter can do.

use dap_types::types::{Capabilities, ExceptionBreakpointsFilter};

use crate::reply::Reply;

/// The exception filter for recorded exceptions.
pub(crate) const EXCEPTION: &str = "exception";

/// The exception filter for spans that end in error without an exception.
pub(crate) const ERROR: &str = "error";

/// The answer to `initialize`.
pub(crate) fn capabilities() -> Reply {
    let yes = Some(true);
    Reply::body(Capabilities {
        supports_configuration_done_request: yes,
        supports_function_breakpoints: yes,
        supports_conditional_breakpoints: yes,
        supports_hit_conditional_breakpoints: yes,
        supports_log_points: yes,
        supports_evaluate_for_hovers: yes,
        exception_breakpoint_filters: Some(exception_filters()),
        supports_exception_filter_options: yes,
        supports_exception_info_request: yes,
        supports_step_back: yes,
        supports_stepping_granularity: yes,
        supports_restart_frame: yes,
        supports_restart_request: yes,
        supports_goto_targets_request: yes,
        supports_step_in_targets_request: yes,
        supports_completions_request: yes,
        completion_trigger_characters: Some([".", " "].map(str::to_owned).to_vec()),
        supports_delayed_stack_trace_loading: yes,
        supports_loaded_sources_request: yes,
        supports_terminate_request: yes,
        supports_data_breakpoints: yes,
        supports_breakpoint_locations_request: yes,
        supports_clipboard_context: yes,
        supports_cancel_request: yes,
        ..Capabilities::default()
    })
}

fn exception_filters() -> Vec<ExceptionBreakpointsFilter> {
    let filter = |filter: &str, label: &str, description: &str, default| ExceptionBreakpointsFilter {
        filter: filter.to_owned(),
        label: label.to_owned(),
        description: Some(description.to_owned()),
        default: Some(default),
        supports_condition: Some(true),
        condition_description: Some("event.exception.type = \"ValueError\" && duration > 10ms".to_owned()),
    };
    vec![
        filter(EXCEPTION, "Recorded exceptions", "Stops on the line that threw.", true),
        filter(ERROR, "Errors without an exception", "Stops where a span ends in error.", false),
    ]
}
