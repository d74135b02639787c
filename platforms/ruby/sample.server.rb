# A server with nothing but Ruby itself. SIGTERM ends it between two requests.
require "socket"

server = TCPServer.new("0.0.0.0", Integer(ENV.fetch("PORT")))
trap("TERM") { exit }

body = "Congratulations! Your Ruby application is running.\n"
loop do
  client = server.accept
  loop { break if ["\r\n", nil].include?(client.gets) }
  client.write("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: #{body.bytesize}\r\nConnection: close\r\n\r\n#{body}")
  client.close
end
