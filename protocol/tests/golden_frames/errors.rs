use protocol::error::{ErrorCode, Refusal};

use crate::{id, room};

pub(super) fn errors() -> Vec<(&'static str, Refusal)> {
    let slow = Refusal::new(ErrorCode::RateLimited, "slow down").with_room(Some(room("lobby")));
    let codes = [
        ("error-bad_frame", ErrorCode::BadFrame),
        ("error-unknown_type", ErrorCode::UnknownType),
        ("error-hello_expected", ErrorCode::HelloExpected),
        ("error-unexpected_hello", ErrorCode::UnexpectedHello),
        ("error-bad_name", ErrorCode::BadName),
        ("error-name_taken", ErrorCode::NameTaken),
        ("error-room_exists", ErrorCode::RoomExists),
        ("error-no_room", ErrorCode::NoRoom),
        ("error-not_joined", ErrorCode::NotJoined),
        ("error-too_many_rooms", ErrorCode::TooManyRooms),
        ("error-empty", ErrorCode::Empty),
        ("error-too_long", ErrorCode::TooLong),
        ("error-id_reused", ErrorCode::IdReused),
        ("error-rate_limited", ErrorCode::RateLimited),
        ("error-storage_full", ErrorCode::StorageFull),
        ("error-unavailable", ErrorCode::Unavailable),
        ("error-muted", ErrorCode::Muted),
        ("error-banned", ErrorCode::Banned),
        ("error-archived", ErrorCode::Archived),
        ("error-announce_only", ErrorCode::AnnounceOnly),
        ("error-sign_in", ErrorCode::SignIn),
        ("error-forbidden", ErrorCode::Forbidden),
        ("error-bad_login", ErrorCode::BadLogin),
        ("error-bad_password", ErrorCode::BadPassword),
        ("error-bad_link", ErrorCode::BadLink),
        ("error-not_found", ErrorCode::NotFound),
        ("error-bad_image", ErrorCode::BadImage),
        ("error-last_owner", ErrorCode::LastOwner),
        ("error-bad_origin", ErrorCode::BadOrigin),
        ("error-bad_query", ErrorCode::BadQuery),
        ("error-too_big", ErrorCode::TooBig),
        ("error-bad_emoji", ErrorCode::BadEmoji),
        ("error-bad_offset", ErrorCode::BadOffset),
        ("error-bad_file", ErrorCode::BadFile),
    ];
    let mut errors: Vec<_> =
        codes.into_iter().map(|(name, code)| (name, Refusal::new(code, "one sentence"))).collect();
    errors.extend([
        ("error-of-id", slow.clone().with_id(Some(id("01JE"))).with_retry_ms(1200)),
        ("error-of-ref", slow.with_ref(Some(7))),
    ]);
    errors
}
