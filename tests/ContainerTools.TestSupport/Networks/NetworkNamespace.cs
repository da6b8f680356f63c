using System.Diagnostics;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.TestSupport;

/// <summary>A network namespace of a test's own, to play a host in: it ends with the process that holds it, and everything in it goes too.</summary>
public sealed class NetworkNamespace : IDisposable
{
    private readonly Process _holder;

    public NetworkNamespace()
    {
        // The shell says when it is inside; it ends by itself when this process dies and its input closes.
        var start = new ProcessStartInfo("unshare", ["-n", "--", "sh", "-c", "ip link set lo up; echo ready; exec cat"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        _holder = Command.StartOrExplain(start);
        Assert.Equal("ready", _holder.StandardOutput.ReadLine());
        Handle = File.OpenHandle(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
    }

    /// <summary>The namespace's file under /proc.</summary>
    public string Path => $"/proc/{Pid}/ns/net";

    /// <summary>The process that holds it.</summary>
    public int Pid => _holder.Id;

    public SafeFileHandle Handle { get; }

    /// <summary>Joins two of them by a cable: a pair of interfaces with an address each.</summary>
    public static void Connect(NetworkNamespace one, string oneAddress, NetworkNamespace other, string otherAddress, string name = "cable0")
    {
        one.Run("ip", "link", "add", name, "type", "veth", "peer", "name", name, "netns", $"{other.Pid}").Succeeded();
        foreach (var (side, address) in new[] { (one, oneAddress), (other, otherAddress) })
        {
            side.Run("ip", "address", "add", address, "dev", name).Succeeded();
            side.Run("ip", "link", "set", name, "up").Succeeded();
        }
    }

    /// <summary>Runs a program inside.</summary>
    public CommandResult Run(string program, params IEnumerable<string> arguments) => Command.Run("nsenter", ["--net=" + Path, "--", program, .. arguments]);

    /// <summary>A shell's one line inside; fails the test if it does.</summary>
    public string Shell(string line) => Run("sh", "-c", line).Succeeded().Output.Trim();

    public void Dispose()
    {
        Handle.Dispose();
        _holder.StandardInput.Dispose();
        if (!_holder.WaitForExit(5000))
            _holder.Kill();
        _holder.Dispose();
    }
}
