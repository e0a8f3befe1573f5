// A proxy whose connections can be cut, so that what was on its way is lost.

import { connect, createServer, type Server, type Socket } from "node:net";

export class Line {
  private readonly sockets = new Set<Socket>();
  private isDeaf = false;

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async before(target: URL): Promise<Line> {
    let proxy: Line;
    const server = createServer((client) =>
      proxy.join(client, connect(Number(target.port), target.hostname)),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    proxy = new Line(server, address.port);
    return proxy;
  }

  /** From now on the client hears nothing of what it asks. */
  deafen(): void {
    this.isDeaf = true;
  }

  cut(): void {
    for (const socket of this.sockets) socket.destroy();
    this.isDeaf = false;
  }

  close(): void {
    this.cut();
    this.server.close();
  }

  private join(client: Socket, exchange: Socket): void {
    for (const socket of [client, exchange]) {
      this.sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        client.destroy();
        exchange.destroy();
        this.sockets.delete(socket);
      });
    }
    client.on("data", (bytes) => exchange.write(bytes));
    exchange.on("data", (bytes) => this.isDeaf || client.write(bytes));
  }
}
