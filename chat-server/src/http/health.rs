//! Whether the server can do its work, for whatever watches it.

use http::{HeaderValue, StatusCode, header};
use warp::Reply;
use warp::reply::Response;

use crate::store::Store;

/// 200 while messages can be stored, 503 after the database failed.
pub(crate) fn reply(store: &Store) -> Response {
    let (status, word) =
        if store.healthy() { (StatusCode::OK, "ok") } else { (StatusCode::SERVICE_UNAVAILABLE, "failing") };
    let body = serde_json::json!({ "status": word, "version": env!("CARGO_PKG_VERSION") });
    let mut response = warp::reply::with_status(warp::reply::json(&body), status).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
