import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const TEXT = 1;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

/** The server's end of a WebSocket (RFC 6455) as far as tests need it: whole messages, no extensions. */
export class WebSocketPeer {
  private readonly stream: Duplex;
  private received: Buffer = Buffer.alloc(0);
  onText: (text: string) => void = () => undefined;

  constructor(request: IncomingMessage, stream: Duplex) {
    this.stream = stream;
    const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}${GUID}`).digest('base64');
    stream.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    stream.on('data', (chunk: Buffer) => this.read(chunk));
    stream.on('error', () => undefined);
    stream.on('end', () => stream.end());
  }

  get open(): boolean {
    return !this.stream.destroyed && this.stream.writable;
  }

  send(text: string): void {
    this.write(TEXT, Buffer.from(text));
  }

  close(code: number): void {
    if (!this.open) return;
    const reason = Buffer.alloc(2);
    reason.writeUInt16BE(code);
    this.write(CLOSE, reason);
    this.stream.end();
  }

  /** As a process that is killed leaves its connections. */
  die(): void {
    this.stream.destroy();
  }

  private write(opcode: number, payload: Buffer): void {
    if (!this.open) return;
    const { length } = payload;
    let header: Buffer;
    if (length < 126) {
      header = Buffer.from([0x80 | opcode, length]);
    } else if (length < 65_536) {
      header = Buffer.from([0x80 | opcode, 126, length >> 8, length & 255]);
    } else {
      header = Buffer.alloc(10);
      header[0] = 0x80 | opcode;
      header[1] = 127;
      header.writeBigUInt64BE(BigInt(length), 2);
    }
    this.stream.write(Buffer.concat([header, payload]));
  }

  private read(chunk: Buffer): void {
    this.received = Buffer.concat([this.received, chunk]);
    for (;;) {
      const message = this.next();
      if (message === null) return;
      if (message.opcode === TEXT) this.onText(message.payload.toString());
      else if (message.opcode === PING) this.write(PONG, message.payload);
      else if (message.opcode === CLOSE) {
        this.write(CLOSE, message.payload);
        this.stream.end();
      }
    }
  }

  /** A client's frames are masked, and small enough to come in one. */
  private next(): { opcode: number; payload: Buffer } | null {
    const bytes = this.received;
    if (bytes.length < 2) return null;
    const [first = 0, second = 0] = bytes;
    let length = second & 127;
    let at = 2;
    if (length === 126) {
      if (bytes.length < 4) return null;
      length = bytes.readUInt16BE(2);
      at = 4;
    } else if (length === 127) {
      if (bytes.length < 10) return null;
      length = Number(bytes.readBigUInt64BE(2));
      at = 10;
    }
    if (bytes.length < at + 4 + length) return null;
    const mask = bytes.subarray(at, at + 4);
    const payload = Buffer.from(bytes.subarray(at + 4, at + 4 + length));
    for (let index = 0; index < length; index++) payload[index] = (payload[index] ?? 0) ^ (mask[index % 4] ?? 0);
    this.received = bytes.subarray(at + 4 + length);
    return { opcode: first & 15, payload };
  }
}
