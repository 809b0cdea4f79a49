//! Disturbance bulletins over REST.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::doors::Doors;

/// `GET /bulletins`: those in force, newest first.
pub async fn list(State(doors): State<Doors>) -> Json<Value> {
    Json(json!({ "bulletins": doors.bulletins.shown(doors.clock.now()) }))
}
