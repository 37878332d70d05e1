//! The server itself, on a port of its own.

use std::time::Duration;

use chat_server::{Config, Server, serve};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

/// A server in this process; it and its data go away when it is dropped.
pub(crate) struct Real {
    pub(crate) url: String,
    /// By which the first owner is made.
    pub(crate) owner_link: String,
    runtime: Option<Runtime>,
    stop: Option<oneshot::Sender<()>>,
    _data: tempfile::TempDir,
}

impl Real {
    /// With nothing stored yet, and with what `change` makes of the default configuration.
    pub(crate) fn start(change: impl FnOnce(&mut Config)) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut config = Config::new(data.path().join("data"));
        config.listen = "127.0.0.1:0".parse().unwrap();
        // The tests come from one address, and type faster than people.
        config.rate_limits = false;
        change(&mut config);
        let runtime = Runtime::new().unwrap();
        let server = {
            let _inside = runtime.enter();
            let listener = serve::listen(config.listen).unwrap();
            runtime.block_on(Server::start(config, listener)).unwrap()
        };
        let url = format!("http://{}", server.address());
        let owner_link = server.owner_link().expect("nobody owns it yet").to_owned();
        let (stop, stopped) = oneshot::channel::<()>();
        runtime.spawn(server.run_until(stopped));
        Self { url, owner_link, runtime: Some(runtime), stop: Some(stop), _data: data }
    }
}

impl Drop for Real {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(Duration::from_secs(2));
        }
    }
}
