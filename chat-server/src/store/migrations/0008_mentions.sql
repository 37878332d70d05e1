-- What one was named in is read room by room, newest first, of those rooms alone that one may read: what is said in
-- others costs nothing, however much it is.
DROP INDEX mentions_by_row;
CREATE INDEX mentions_by_room ON mentions (user, room, n);
CREATE INDEX calls_by_room ON calls (room, n, user);
