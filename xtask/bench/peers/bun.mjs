// A peer: Bun's own publish and subscribe, which is uWebSockets underneath.
Bun.serve({
  hostname: "127.0.0.1",
  port: Number(process.argv[2]),
  fetch(request, server) {
    const room = new URL(request.url).pathname.split("/").at(-1);
    return server.upgrade(request, { data: { room } }) ? undefined : new Response("no", { status: 400 });
  },
  websocket: {
    open: (socket) => socket.subscribe(socket.data.room),
    message: (socket, text) => socket.publish(socket.data.room, text),
    publishToSelf: true,
    // Nobody is robbed of messages under load.
    backpressureLimit: 1 << 30,
  },
});
