using System.Text;
using ContainerTools.Linux;
using ContainerTools.Linux.Events;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Sockets;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Engine.Systemd;

/// <summary>
/// A connection to a D-Bus bus or peer by a unix socket, for calls one after another (D-Bus specification). Small, since it is made at every start of a container, in a process
/// that has no other use for a bus.
/// </summary>
internal sealed class DBusConnection : IDisposable
{
    private const int MaximumMessage = 1 << 20;
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(25);

    private readonly SafeFileHandle _socket;
    private readonly string? _destination;
    private readonly List<DBusMessage> _signals = [];
    private uint _serial;

    private DBusConnection(SafeFileHandle socket, string? destination) => (_socket, _destination) = (socket, destination);

    /// <summary>Connects and says who we are.</summary>
    /// <param name="path">The socket.</param>
    /// <param name="destination">Whom calls go to, by a bus; null where the other side itself is meant.</param>
    /// <exception cref="LinuxException">Nobody listens there, or we may not connect.</exception>
    /// <exception cref="DBusException">The other side refuses us.</exception>
    public static DBusConnection Open(string path, string? destination)
    {
        var connection = new DBusConnection(LocalSocket.Connect(path, packets: false), destination);
        try
        {
            connection.Authenticate();
            if (destination is not null)
                _ = connection.Call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "Hello", "", _ => { });
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Calls a method and waits for its answer.</summary>
    /// <exception cref="DBusException">It failed, or gave no answer.</exception>
    public DBusMessage Call(string path, string interfaceName, string member, string signature, Action<DBusWriter> arguments) =>
        Call(_destination, path, interfaceName, member, signature, arguments);

    /// <summary>Asks a bus for signals; a peer sends them by itself.</summary>
    /// <param name="rule">Which.</param>
    public void Match(string rule)
    {
        if (_destination is not null)
            _ = Call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "AddMatch", "s", writer => writer.String(rule));
    }

    /// <summary>Waits for a signal, also one that came since the connection was made.</summary>
    /// <param name="isWanted">Whether it is the one.</param>
    public DBusMessage AwaitSignal(Func<DBusMessage, bool> isWanted)
    {
        for (long end = Environment.TickCount64 + (long)s_timeout.TotalMilliseconds; ;)
        {
            if (_signals.Find(signal => isWanted(signal)) is { } found)
            {
                _signals.Remove(found);
                return found;
            }
            var message = Receive(end);
            if (message.Type is DBusMessageType.Signal)
                _signals.Add(message);
        }
    }

    public void Dispose() => _socket.Dispose();

    private DBusMessage Call(string? destination, string path, string interfaceName, string member, string signature, Action<DBusWriter> arguments)
    {
        uint serial = ++_serial;
        Send(Message(serial, destination, path, interfaceName, member, signature, arguments));
        for (long end = Environment.TickCount64 + (long)s_timeout.TotalMilliseconds; ;)
        {
            var message = Receive(end);
            if (message.Type is DBusMessageType.Signal)
                _signals.Add(message);
            else if (message.Reply == serial)
                return message.Type is DBusMessageType.Error ? throw new DBusException(message.Name, ErrorText(message)) : message;
        }
    }

    private static ReadOnlySpan<byte> Message(uint serial, string? destination, string path, string interfaceName, string member, string signature, Action<DBusWriter> arguments)
    {
        var body = new DBusWriter();
        arguments(body);
        var writer = new DBusWriter();
        writer.Byte((byte)'l');
        writer.Byte((byte)DBusMessageType.Call);
        writer.Byte(0);
        writer.Byte(1); // The protocol's version.
        writer.UInt32((uint)body.Length);
        writer.UInt32(serial);
        writer.Array(8, () =>
        {
            Field(1, "o", path);
            Field(2, "s", interfaceName);
            Field(3, "s", member);
            if (destination is not null)
                Field(6, "s", destination);
            if (signature.Length == 0)
                return;
            writer.Align(8);
            writer.Byte(8);
            writer.Signature("g");
            writer.Signature(signature);
        });
        writer.Align(8);
        return (byte[])[.. writer.Written, .. body.Written];

        void Field(byte number, string type, string value)
        {
            writer.Align(8);
            writer.Byte(number);
            writer.Signature(type);
            writer.String(value);
        }
    }

    private static string ErrorText(DBusMessage message)
    {
        try
        {
            return message.Body.String();
        }
        catch (ArgumentOutOfRangeException)
        {
            return message.Name; // It has no text.
        }
    }

    /// <summary>EXTERNAL, without a name: the socket tells who we are, by the id that the other side knows us by, whatever we are called in a user namespace.</summary>
    /// <remarks>
    /// All of it is sent at once. If BEGIN came by itself, systemd could read it together with the first message, which it would then see no sooner than something else came (seen with
    /// 252); as it is, BEGIN has been read when its answers are here.
    /// </remarks>
    private void Authenticate()
    {
        long end = Environment.TickCount64 + (long)s_timeout.TotalMilliseconds;
        Send("\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n"u8);
        if (ReadLine(end) is var asked && asked != "DATA")
            throw Refused(asked);
        if (ReadLine(end) is var answer && !answer.StartsWith("OK ", StringComparison.Ordinal))
            throw Refused(answer);
    }

    private static DBusException Refused(string answer) => new("org.freedesktop.DBus.Error.AuthFailed", $"it refused user {FileCalls.EffectiveUserId}: {answer}");

    private string ReadLine(long end)
    {
        var line = new StringBuilder();
        Span<byte> next = stackalloc byte[1];
        while (line.Length < 2 || line[^1] != '\n')
        {
            ReadExactly(next, end);
            line.Append((char)next[0]);
        }
        return line.ToString().Trim();
    }

    private void Send(ReadOnlySpan<byte> data)
    {
        int result = FileCalls.Write((int)_socket.DangerousGetHandle(), data);
        if (result < 0)
            throw new DBusException("org.freedesktop.DBus.Error.Disconnected", LinuxException.Describe(-result));
    }

    private DBusMessage Receive(long end)
    {
        byte[] header = new byte[DBusMessage.FixedHeader];
        ReadExactly(header, end);
        int size = DBusMessage.SizeOf(header);
        if (size is < DBusMessage.FixedHeader or > MaximumMessage)
            throw new DBusException("org.freedesktop.DBus.Error.InconsistentMessage", $"a message of {size} bytes came");
        byte[] message = new byte[size];
        header.CopyTo(message, 0);
        ReadExactly(message.AsSpan(header.Length), end);
        return DBusMessage.Parse(message);
    }

    private void ReadExactly(Span<byte> data, long end)
    {
        int fd = (int)_socket.DangerousGetHandle();
        while (!data.IsEmpty)
        {
            if (EventCalls.Poll([new PollEntry { Descriptor = fd, Events = EventCalls.PollIn }], (int)Math.Max(0, end - Environment.TickCount64)) == 0)
                throw new DBusException("org.freedesktop.DBus.Error.NoReply", $"it did not answer within {s_timeout.TotalSeconds} seconds");
            int count = FileCalls.Read(fd, data);
            if (count <= 0)
                throw new DBusException("org.freedesktop.DBus.Error.Disconnected", count == 0 ? "it closed the connection" : LinuxException.Describe(-count));
            data = data[count..];
        }
    }
}
