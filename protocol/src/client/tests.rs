use super::*;

fn refused(text: &str) -> Refusal {
    *ClientFrame::parse(text).expect_err(text)
}

#[test]
fn a_message_needs_no_type() {
    let frame = ClientFrame::parse(r#"{"message":"Hello!","timestamp":"whatever"}"#).unwrap();
    assert_eq!(frame, ClientFrame::Message(Say { message: "Hello!".into(), ..Say::default() }));
}

#[test]
fn one_pass_reads_what_two_passes_read() {
    let fields = [
        r#""message":"a\n\u00e9""#,
        r#""room":"Lobby""#,
        r#""room":null"#,
        r#""id":"a1""#,
        r#""id":"a 1""#,
        r#""reply":1"#,
        r#""reply":9007199254740992"#,
        r#""thread":null"#,
        r#""thread":"1""#,
        r#""sender":"bo""#,
        r#""more":[1,{}]"#,
        r#""type":"pong""#,
        r#""message":1"#,
    ];
    for one in fields {
        for two in fields {
            let quick = ClientFrame::parse(&format!(r#"{{"type":"message",{one},{two}}}"#));
            let slow = ClientFrame::parse(&format!(r#"{{ "type":"message",{one},{two}}}"#));
            assert_eq!(quick.is_ok(), slow.is_ok(), "{one},{two}");
            assert_eq!(quick.ok(), slow.ok());
        }
    }
}

#[test]
fn refusals_name_what_they_refuse() {
    let refusal = refused(r#"{"type":"message","id":"a1","room":"lobby","message":{"$gt":""}}"#);
    assert_eq!(refusal.code, ErrorCode::BadFrame);
    assert_eq!(refusal.id, Some(Id::new("a1").unwrap()));
    assert_eq!(refusal.room, Some(RoomKey::lobby()));
    let refusal = refused(r#"{"type":"explode","ref":7}"#);
    assert_eq!((refusal.code, refusal.reference), (ErrorCode::UnknownType, Some(7)));
}

#[test]
fn junk_is_refused_without_harm() {
    let deep =
        format!("{{\"type\":\"message\",\"message\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let keys = format!("{{{}\"type\":1}}", "\"a\":1,".repeat(50_000));
    for text in [
        "",
        "{",
        "null",
        "[]",
        "[1]",
        "7",
        "\"x\"",
        "{}",
        r#"{"type":null}"#,
        r#"{"type":["message"]}"#,
        &deep,
        &keys,
        r#"{"type":"message","message":"a","message":"b"}"#,
        r#"{"type":"message","message":"a"} trailing"#,
        r#"{"type":"history","ref":1e400,"room":"lobby"}"#,
        r#"{"type":"history","ref":-1,"room":"lobby"}"#,
        r#"{"type":"history","ref":9007199254740992,"room":"lobby"}"#,
        r#"{"type":"history","ref":1.5,"room":"lobby"}"#,
        r#"{"type":"message","message":"\ud800"}"#,
        "\u{feff}{\"message\":\"bom\"}",
        r#"{"type":"typing","room":"a b","on":true}"#,
    ] {
        assert_eq!(refused(text).code, ErrorCode::BadFrame, "{}", &text[..text.len().min(80)]);
    }
}

proptest::proptest! {
    #[test]
    fn parsing_never_panics(text in ".{0,200}") {
        let _ = ClientFrame::parse(&text);
    }
}
