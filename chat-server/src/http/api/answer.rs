//! Answers as responses: JSON, never kept by anybody on the way, with the status that a refusal's code means.

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use protocol::error::{ErrorCode, Refusal};
use serde::Serialize;
use warp::Reply as _;
use warp::reply::Response;

use super::cookie::Jar;
use super::{Request, leaves_body};

/// What a call gives.
#[derive(Debug)]
pub(super) enum Answer {
    /// With this status, this JSON.
    Json(StatusCode, String),
    /// It was done, and there is nothing to say.
    Done,
    /// It was done, and whoever asked is signed out by it.
    SignedOut,
    /// Somebody signed in: the JSON, and for a browser the cookies.
    SignedIn(StatusCode, String, [HeaderValue; 2]),
    /// A picture, which never changes.
    Picture(Bytes),
    /// A file, or what is to be said of it instead.
    File(Box<Response>),
    Refused(Refusal),
    /// There is such a path, for these methods.
    WrongMethod(Vec<&'static str>),
}

impl Answer {
    pub(super) fn json(status: StatusCode, value: &impl Serialize) -> Self {
        Self::Json(status, text(value))
    }

    pub(super) fn ok(value: &impl Serialize) -> Self {
        Self::json(StatusCode::OK, value)
    }

    pub(super) fn created(value: &impl Serialize) -> Self {
        Self::json(StatusCode::CREATED, value)
    }

    pub(super) fn reply(self, request: &Request, jar: &Jar) -> Response {
        let mut response = match self {
            Self::Json(status, text) => body(status, text),
            Self::Done => StatusCode::NO_CONTENT.into_response(),
            Self::SignedOut => {
                let mut response = StatusCode::NO_CONTENT.into_response();
                response.headers_mut().append(header::SET_COOKIE, jar.forget());
                response
            }
            Self::SignedIn(status, text, cookies) => {
                let mut response = body(status, text);
                for cookie in cookies.into_iter().filter(|_| request.is_browser()) {
                    response.headers_mut().append(header::SET_COOKIE, cookie);
                }
                response
            }
            Self::Picture(bytes) => return picture(bytes),
            Self::File(response) => return *response,
            Self::Refused(refusal) => refused(&refusal, jar),
            Self::WrongMethod(allowed) => {
                let refusal = Refusal::new(ErrorCode::NotFound, "there is nothing here for this method");
                let mut response = body(StatusCode::METHOD_NOT_ALLOWED, text(&refusal));
                let allow = HeaderValue::try_from(allowed.join(", ")).expect("methods are words");
                response.headers_mut().insert(header::ALLOW, allow);
                response
            }
        };
        if leaves_body(response.status(), &request.method) {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

fn refused(refusal: &Refusal, jar: &Jar) -> Response {
    let status = status(refusal.code);
    let mut response = body(status, text(refusal));
    let headers = response.headers_mut();
    if let Some(wait) = refusal.retry_ms {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(wait.div_ceil(1000)));
    }
    if refusal.code == ErrorCode::SignIn {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        // What proves nothing need not be said again.
        headers.append(header::SET_COOKIE, jar.forget());
    }
    response
}

fn status(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::SignIn | ErrorCode::BadLogin => StatusCode::UNAUTHORIZED,
        ErrorCode::Forbidden
        | ErrorCode::BadOrigin
        | ErrorCode::Muted
        | ErrorCode::Banned
        | ErrorCode::Archived
        | ErrorCode::AnnounceOnly => StatusCode::FORBIDDEN,
        ErrorCode::NotFound | ErrorCode::BadLink | ErrorCode::NoRoom => StatusCode::NOT_FOUND,
        ErrorCode::NameTaken | ErrorCode::LastOwner | ErrorCode::BadOffset => StatusCode::CONFLICT,
        ErrorCode::TooLong | ErrorCode::TooBig => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorCode::BadFile => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::BadImage => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ErrorCode::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::StorageFull => StatusCode::INSUFFICIENT_STORAGE,
        ErrorCode::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::BAD_REQUEST,
    }
}

fn picture(bytes: Bytes) -> Response {
    let mut response = Response::new(bytes.into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("image/png"));
    // It is named by its content. Not for caches that others share.
    let forever = HeaderValue::from_static("private, max-age=31536000, immutable");
    headers.insert(header::CACHE_CONTROL, forever);
    let policy = HeaderValue::from_static("default-src 'none'; sandbox");
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

fn body(status: StatusCode, text: String) -> Response {
    let mut response = Response::new(text.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

pub(super) fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("answers hold only texts, numbers and lists")
}
