// A peer: uWebSockets' own publish and subscribe, with the room in the path.
//
// It is no part of any build here: whoever has uWebSockets compiles this file against it, optimised, and names the
// program in the environment variable UWS_PEER; without that the table lacks this peer.
#include <App.h>

#include <cstdlib>
#include <string>
#include <string_view>

struct Member {
    std::string room;
};

int main(int count, char **arguments) {
    const int port = count > 1 ? std::atoi(arguments[1]) : 0;
    uWS::App app;
    uWS::App::WebSocketBehavior<Member> behaviour;
    behaviour.compression = uWS::DISABLED;
    behaviour.maxPayloadLength = 64 * 1024;
    // Nobody is cut off or robbed of messages under load: that would not be a chat.
    behaviour.maxBackpressure = 0;
    behaviour.sendPingsAutomatically = false;
    behaviour.idleTimeout = 0;
    behaviour.upgrade = [](auto *response, auto *request, auto *context) {
        response->template upgrade<Member>({std::string(request->getParameter(0))},
                                           request->getHeader("sec-websocket-key"),
                                           request->getHeader("sec-websocket-protocol"),
                                           request->getHeader("sec-websocket-extensions"), context);
    };
    behaviour.open = [](auto *socket) { socket->subscribe(socket->getUserData()->room); };
    behaviour.message = [&app](auto *socket, std::string_view text, uWS::OpCode kind) {
        app.publish(socket->getUserData()->room, text, kind, false);
    };
    bool listening = false;
    app.ws<Member>("/ws/:room", std::move(behaviour)).listen("127.0.0.1", port, [&](auto *socket) {
        listening = socket != nullptr;
    });
    app.run();
    return listening ? EXIT_SUCCESS : EXIT_FAILURE;
}
