-- /// spell
-- name = "greet"
-- description = "Greets somebody"
-- [params.who]
-- required = true
-- description = "Who is greeted"
-- [params.times]
-- type = "integer"
-- default = 1
-- ///
local t = File.write('a', Http.get('http://x').text)
return ("Hello, " .. params.who .. "! "):rep(params.times)
