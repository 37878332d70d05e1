//! Who comes for the first time.

use serde_json::{Value, json};

use crate::common::within;
use crate::finding::seq;
use crate::stage::Stage;

/// Whoever comes for the first time is told of a room as everybody is, though nobody asks the record for them.
#[tokio::test]
async fn newcomers_are_told_what_everybody_is_told() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "owner").await;
    let known = stage.guest("known").await.welcome["token"].clone();
    let first = seq(&mut ana, "lobby", "first").await;
    let second = seq(&mut ana, "lobby", "second").await;
    let pin = |target: u64, on: bool, id: &str| json!({"type": "pin", "room": "lobby", "target": target, "on": on, "id": id});
    for (step, pins) in [
        (pin(first, true, "p1"), json!(1)),
        (pin(second, true, "p2"), json!(2)),
        (json!({"type": "message", "room": "lobby", "message": "third", "id": "m3"}), json!(2)),
        (pin(first, false, "p3"), json!(1)),
        (json!({"type": "change", "room": "lobby", "topic": "Spring", "slow_s": 5}), json!(1)),
        (json!({"type": "delete", "room": "lobby", "target": second}), Value::Null),
    ] {
        ana.does(step.clone()).await;
        let head = ana.does(json!({"type": "history", "room": "lobby", "limit": 1})).await["head"].clone();
        // The second one of each is told what was asked for the first.
        for token in [Value::Null, Value::Null, known.clone()] {
            let mut info = as_of(&stage, &token, &head).await;
            assert_eq!(info["pins"], pins, "{token} {step}");
            info["present"] = Value::Null;
            let mut again = as_of(&stage, &known, &head).await;
            again["present"] = Value::Null;
            assert_eq!(info, again, "{step}");
        }
    }
}

/// What somebody who connects is told of the lobby, once their shard has heard of an event: it may be behind the record.
async fn as_of(stage: &Stage, token: &Value, head: &Value) -> Value {
    within(async {
        loop {
            let info = stage.connect(json!({"token": token})).await.welcome["rooms"][0].clone();
            if info["head"] == *head {
                return info;
            }
        }
    })
    .await
}
