//! Refusals: a status and one sentence for whoever reads it.

use std::convert::Infallible;

use http::{HeaderValue, StatusCode, header};
use warp::reply::Response;
use warp::{Rejection, Reply};

/// A request that is not carried out.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) status: StatusCode,
    pub(crate) reason: String,
}

impl warp::reject::Reject for Refused {}

impl Refused {
    pub(crate) fn new(status: StatusCode, reason: impl Into<String>) -> Self {
        Self { status, reason: reason.into() }
    }

    pub(crate) fn method() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "Only GET and HEAD are understood here.")
    }
}

/// What is said instead.
pub(crate) async fn answer(rejection: Rejection) -> Result<Response, Infallible> {
    let (status, reason) = if let Some(refused) = rejection.find::<Refused>() {
        (refused.status, refused.reason.as_str())
    } else if rejection.is_not_found() {
        (StatusCode::NOT_FOUND, "There is nothing here.")
    } else {
        // What warp's own filters refuse: a query that is none, a header that is none.
        (StatusCode::BAD_REQUEST, "The request was not understood.")
    };
    let mut response = format!("{reason}\n").into_response();
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    match status {
        StatusCode::METHOD_NOT_ALLOWED => {
            headers.insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
            // A body may follow that nobody reads.
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        StatusCode::UPGRADE_REQUIRED => {
            headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
            headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        }
        _ => {}
    }
    Ok(response)
}
