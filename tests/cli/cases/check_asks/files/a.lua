-- /// spell
-- name = "a"
-- [security]
-- allow_net = ["example.org"]
-- [limits]
-- timeout = "1s"
-- ///
return 1
