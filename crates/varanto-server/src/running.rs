//! What operators and their machines ask: is it alive, is it ready, how does it do. Source: OPS-4.

use std::sync::OnceLock;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use serde_json::json;

use crate::config::{Log, LogFormat};
use crate::doors::Doors;
use crate::operating::Facts;
use crate::rest::problem::Problem;

/// `GET /health`: the process is alive.
pub async fn health() -> Response {
    axum::Json(json!({ "status": "alive" })).into_response()
}

/// `GET /ready`: requests can be worked on.
pub async fn ready(State(doors): State<Doors>) -> Response {
    if doors.ready() {
        return axum::Json(json!({ "status": "ready" })).into_response();
    }
    Problem::not_ready(doors.config.limits.retry_after_seconds).into_response()
}

/// `GET /metrics`: the figures in Prometheus' text form.
pub async fn figures(State(doors): State<Doors>) -> Response {
    doors.tell_metrics();
    let looking = doors.clone();
    if let Ok(facts) = tokio::task::spawn_blocking(move || Facts::of(&looking)).await {
        facts.tell_metrics();
    }
    let text = recorder().render();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

/// The one recorder of the process.
pub fn recorder() -> &'static PrometheusHandle {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    RECORDER.get_or_init(|| {
        let buckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];
        let seconds = Matcher::Suffix("_seconds".to_owned());
        let builder = PrometheusBuilder::new()
            .set_buckets_for_metric(seconds, &buckets)
            .expect("there are buckets");
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        // A second recorder can only come from this program's tests; theirs counts then.
        let _ = metrics::set_global_recorder(recorder);
        handle
    })
}

/// Starts the log on standard error. Calling it again does nothing.
pub fn start_log(log: &Log) {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_new(&log.filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Only the first log of a process is set up; tests start several programs in one.
    let _ = match log.format {
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
        LogFormat::Plain => builder.with_target(false).try_init(),
    };
}
