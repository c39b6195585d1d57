// Shows what @stoqey/ib makes of frames that a Gateway sends. Reads lines of a message's name and a
// whole frame in base64, and prints them with the events that the client emitted, as JSON.
//
//   npm install @stoqey/ib@1.6.10
//   go test -run TestStoqeyHears -write-stoqey-frames .
//   for v in 163 178 193; do
//     node hear-stoqey.js $v < stoqey-ib-1.6.10-hears-v$v.txt > heard && mv heard stoqey-ib-1.6.10-hears-v$v.txt
//   done
//
// Recorded with Node.js 20.20.2.
'use strict';
const path = require('path');
const readline = require('readline');
const core = path.join(path.dirname(require.resolve('@stoqey/ib')), 'core', 'io');
const { Decoder } = require(path.join(core, 'decoder.js'));

const version = Number(process.argv[2]);
let events = [];
const decoder = new Decoder({
  serverVersion: version,
  emitEvent: (name, ...args) => events.push([name, ...args]),
  emitError: (text, code, id) => events.push(['error', text, code, id]),
  emitInfo: (text, code) => events.push(['info', text, code]),
});
// An absent value is null, and a map is its entries.
const plain = (key, value) => (value instanceof Map ? [...value] : value === undefined ? null : value);

console.log(`# Heard by @stoqey/ib 1.6.10 (npm) at server version ${version}; made by hear-stoqey.js.`);
readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const [name, encoded] = line.split(' ');
  if (name === '#') return;
  const fields = Buffer.from(encoded, 'base64').subarray(4).toString('utf8').split('\0');
  fields.pop();
  events = [];
  decoder.enqueueMessage(fields);
  decoder.process();
  console.log(`${name} ${encoded} ${JSON.stringify(events, plain)}`);
});
