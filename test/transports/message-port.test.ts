import { EventEmitter } from 'node:events';
import { MessageChannel, type MessagePort as Port } from 'node:worker_threads';
import { describe, it } from 'vitest';
import { transportContract } from '../../src/testing/contracts/index.js';
import { messagePort, type PortLike } from '../../src/transports/message-port.js';

const overNode = transportContract(() => {
  const { port1, port2 } = new MessageChannel();
  return {
    a: messagePort(port1),
    b: messagePort(port2),
    inject: (value) => port1.postMessage(value),
    close: () => port1.close(),
  };
});

// As it is in browsers: `addEventListener` and no `on`.
const overWeb = transportContract(() => {
  const { port1, port2 } = new globalThis.MessageChannel();
  const web = (port: MessagePort): PortLike => ({
    postMessage: (message) => port.postMessage(message),
    addEventListener: (type, listener) => port.addEventListener(type, listener as never),
    removeEventListener: (type, listener) => port.removeEventListener(type, listener as never),
  });
  port1.start();
  port2.start();
  return {
    a: messagePort(web(port1)),
    b: messagePort(web(port2)),
    inject: (value) => port1.postMessage(value),
    close: () => port1.close(),
  };
});

// As Electron has it: Node's `on`, and the web's events; nothing comes before `start`.
const overElectron = transportContract(() => {
  const { port1, port2 } = new MessageChannel();
  const electron = (port: Port): PortLike => {
    const emitter = new EventEmitter();
    return Object.assign(emitter, {
      postMessage: (message: unknown) => port.postMessage(message),
      start: () => port.on('message', (data: unknown) => emitter.emit('message', { data, ports: [] })),
    });
  };
  return {
    a: messagePort(electron(port1)),
    b: messagePort(electron(port2)),
    inject: (value) => port1.postMessage(value),
    close: () => port1.close(),
  };
});

describe('messagePort', () => {
  for (const { name, run } of overNode) it(name, run);
});

describe('messagePort, as the web has it', () => {
  for (const { name, run } of overWeb) it(name, run);
});

describe('messagePort, as Electron has it', () => {
  for (const { name, run } of overElectron) it(name, run);
});
