using System.Buffers;
using System.Text.Json;
using ContainerTools.Engine;
using ContainerTools.Linux;
using ContainerTools.Linux.Processes;
using ContainerTools.Oci.Runtime;
using ContainerTools.Runtime.Commands;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Runtime.Launching;

/// <summary>
/// Who decides about the calls that a filter answers with SCMP_ACT_NOTIFY: a program on a unix(7) socket. The container's process itself hands it the
/// kernel's descriptor, right after it installed the filter; what it says with it is prepared here (runtime-spec config-linux.md, "Seccomp").
/// </summary>
internal sealed class SeccompListener
{
    // Calls that the process has to make between installing its filter and handing over the descriptor.
    private static readonly string[] Needed = ["dup3", "sendmsg"];

    private readonly LinuxSeccomp _seccomp;
    private readonly Func<int, RuntimeState> _describe;

    private SeccompListener(LinuxSeccomp seccomp, string path, Func<int, RuntimeState> describe)
    {
        _seccomp = seccomp;
        _describe = describe;
        Path = path;
        Size = Write(int.MaxValue).Length;
    }

    /// <summary>The socket's path.</summary>
    public string Path { get; }

    /// <summary>Bytes of the message, whatever the process id.</summary>
    public int Size { get; }

    /// <summary>The document's, or null where no rule asks anybody.</summary>
    /// <param name="spec">The document.</param>
    /// <param name="describe">The container's state with the given process id.</param>
    /// <exception cref="ContainerToolsException">SpecInvalid: there is no socket, or the rules keep the process from handing over the descriptor.</exception>
    public static SeccompListener? For(RuntimeSpec spec, Func<int, RuntimeState> describe)
    {
        const string Notify = "SCMP_ACT_NOTIFY";
        if (spec.Linux?.Seccomp is not { } seccomp || (seccomp.DefaultAction != Notify && seccomp.Syscalls?.Exists(rule => rule.Action == Notify) != true))
            return null;
        if (seccomp.DefaultAction == Notify)
            throw NamespacePlan.Invalid($"its seccomp profile has the default action {Notify}: the calls that hand the decision over would wait for it themselves");
        if (seccomp.Syscalls!.Find(rule => rule.Action == Notify && rule.Names.Exists(Needed.Contains)) is { } rule)
            throw NamespacePlan.Invalid($"its seccomp profile has {Notify} for {rule.Names.Find(Needed.Contains)}, which hands the decision over and would wait for it itself");
        return new SeccompListener(seccomp, seccomp.ListenerPath is { Length: > 0 } path ? path : throw NamespacePlan.Invalid($"its seccomp profile has {Notify} but no listenerPath"), describe);
    }

    /// <summary>Adds the receipt of the message and the connected socket.</summary>
    /// <returns>Where in the table's data the message is.</returns>
    public int AddReceipt(CallTable table, DescriptorLayout layout)
    {
        const int CloseOnExec = 0x80000;
        var message = table.Reserve(Size);
        var descriptor = Channel.AddReceipt(table, layout.Socket, message, Size, 1);
        table.Add("dup3", "the listener's socket", SystemCalls.Dup3, CallArgument.ContentOf(descriptor), layout.Listener, CloseOnExec);
        return message;
    }

    /// <summary>Connects, and sends the process what it will say.</summary>
    public void Supply(Channel channel, int pid)
    {
        using var socket = Connect();
        channel.Send(Write(pid), [(int)socket.DangerousGetHandle()]);
    }

    private SafeFileHandle Connect()
    {
        try
        {
            return UnixSocket.Connect(Path);
        }
        catch (LinuxException e)
        {
            throw new ContainerToolsException("SeccompListenerNotFound", ErrorKind.NotFound,
                $"Nobody listens on the seccomp profile's listenerPath '{Path}': {LinuxException.Describe(e.Errno)}.", Path, e);
        }
    }

    // White space behind the document makes up for a shorter process id.
    private byte[] Write(int pid)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("ociVersion"u8, RuntimeJson.SpecVersion);
            json.WriteStartArray("fds"u8);
            json.WriteStringValue("seccompFd"u8);
            json.WriteEndArray();
            json.WriteNumber("pid"u8, pid);
            if (_seccomp.ListenerMetadata is { } metadata)
                json.WriteString("metadata"u8, metadata);
            json.WritePropertyName("state"u8);
            json.WriteRawValue(RuntimeJson.WriteState(_describe(pid)));
            json.WriteEndObject();
        }
        var message = new byte[Math.Max(Size, buffer.WrittenCount)];
        message.AsSpan().Fill((byte)' ');
        buffer.WrittenSpan.CopyTo(message);
        return message;
    }
}
