// A loopback server that answers at once, in a process of its own. Prints its port; GET /connections tells how many
// were made since the last time somebody asked, that of the one who asks not counted.
import { createServer } from 'node:http';

let connections = 0;
const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  if (request.url !== '/connections') return response.end('{"ok":true}');
  response.setHeader('connection', 'close');
  response.end(`${connections - 1}`);
  connections = 0;
});
server.on('connection', () => connections++);
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
