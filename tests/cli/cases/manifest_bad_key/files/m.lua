-- /// spell
-- name = "m"
-- descripton = "x"
-- ///
return 1
