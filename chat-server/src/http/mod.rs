//! The HTTP door: the page, its assets, the server's health and the accounts. `/ws` is in [`crate::ws::upgrade`].

pub(crate) mod api;
pub(crate) mod assets;
mod headers;
mod health;
pub(crate) mod origin;
pub(crate) mod reject;

use std::sync::Arc;

use warp::filters::BoxedFilter;
use warp::reply::Response;
use warp::{Filter, Rejection, Reply};

use self::assets::Assets;
use self::headers::Policy;
use self::origin::Names;
use self::reject::Refused;
use crate::command::accounts::Accounts;
use crate::files::Files;
use crate::store::Store;
use crate::ws::{Door, upgrade};

/// Everything the server answers to. Whatever it answers carries the security headers.
pub(crate) fn routes(
    store: Store,
    door: Door,
    accounts: Accounts,
    files: Files,
    assets: Assets,
    names: Names,
) -> BoxedFilter<(Response,)> {
    let names = Arc::new(names);
    let assets = Arc::new(assets);
    let policy = Arc::new(Policy::new(&names));
    let page_policy = Arc::clone(&policy);

    let ws = warp::path!("ws").and(upgrade::route(door, Arc::clone(&names)));
    let health = warp::path!("healthz").map(move || health::reply(&store));
    let page = warp::path::full().and(warp::header::headers_cloned()).and_then(
        move |path: warp::path::FullPath, asked| {
            let answer =
                assets.reply(path.as_str(), &asked, &page_policy).ok_or_else(warp::reject::not_found);
            std::future::ready(answer)
        },
    );

    let api = api::routes(accounts, files, Arc::clone(&names));
    let read = method().and(ws.or(health).unify().or(page).unify());
    host(names)
        .and(api.or(read).unify())
        .recover(reject::answer)
        .map(move |reply| policy.secure(Reply::into_response(reply)))
        .boxed()
}

/// Only `GET` and `HEAD` are understood outside `/api`.
fn method() -> impl Filter<Extract = (), Error = Rejection> + Clone {
    let check = |method: http::Method| match method {
        http::Method::GET | http::Method::HEAD => std::future::ready(Ok(())),
        _ => std::future::ready(Err(warp::reject::custom(Refused::method()))),
    };
    warp::method().and_then(check).untuple_one()
}

/// Only requests for a host that we are: whatever else resolves to our address is somebody's page that reaches for us.
fn host(names: Arc<Names>) -> impl Filter<Extract = (), Error = Rejection> + Clone {
    let check = move |headers: http::HeaderMap, authority: Option<http::uri::Authority>| {
        std::future::ready(names.check_host(&headers, authority.as_ref()).map_err(warp::reject::custom))
    };
    warp::header::headers_cloned().and(warp::host::optional()).and_then(check).untuple_one()
}
