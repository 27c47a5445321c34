-- a license

-- /// spell
-- name = "m"
return 1
