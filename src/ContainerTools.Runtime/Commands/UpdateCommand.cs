using System.Globalization;
using ContainerTools.Engine.Specs;
using ContainerTools.Linux.Files;
using ContainerTools.Oci.Runtime;
using ContainerTools.Runtime.CommandLine;
using ContainerTools.Runtime.Launching;
using ContainerTools.Runtime.State;

namespace ContainerTools.Runtime.Commands;

/// <summary><c>update [--resources FILE|-] [--memory BYTES ...] ID</c>: changes a container's limits while it lives. What is not named stays.</summary>
internal static class UpdateCommand
{
    public static int Run(GlobalOptions options, ArgumentReader arguments)
    {
        var resources = new LinuxResources();
        var named = new List<(string Name, string Value)>();
        while (arguments.NextOption() is { } name)
        {
            if (name is "--resources" or "-r")
                resources = ReadResources(arguments.Value());
            else
                named.Add((name, arguments.Value()));
        }
        // Options win over the document, wherever they stand.
        foreach (var (name, value) in named)
            Set(resources, name, value);
        var directory = StateDirectory.Open(options.Root, arguments.Operand("The container's id"));
        arguments.End();
        var state = directory.Read();
        if (directory.Status(state) == "stopped")
            throw new CommandException($"The container '{directory.Id}' is stopped: its limits cannot be changed.");
        var limits = CgroupLimitsReader.Read(resources, withDevices: false);
        var group = PauseCommand.Group(directory, state);
        group.Apply(limits);
        if (state.Scope is { } scope)
            SystemdScope.Change(scope, limits);
        return 0;
    }

    private static void Set(LinuxResources resources, string name, string value)
    {
        var cpu = resources.Cpu ??= new();
        var memory = resources.Memory ??= new();
        switch (name)
        {
            case "--blkio-weight":
                (resources.BlockIO ??= new()).Weight = (ushort)Number(name, value, 0, 1000);
                break;
            case "--cpu-period":
                cpu.Period = (ulong)Number(name, value, 0);
                break;
            case "--cpu-quota":
                cpu.Quota = Number(name, value, -1);
                break;
            case "--cpu-burst":
                cpu.Burst = (ulong)Number(name, value, 0);
                break;
            case "--cpu-share":
                cpu.Shares = (ulong)Number(name, value, 0);
                break;
            case "--cpu-rt-period":
                cpu.RealtimePeriod = (ulong)Number(name, value, 0);
                break;
            case "--cpu-rt-runtime":
                cpu.RealtimeRuntime = Number(name, value, -1);
                break;
            case "--cpu-idle":
                cpu.Idle = Number(name, value, 0, 1);
                break;
            case "--cpuset-cpus":
                cpu.Cpus = value;
                break;
            case "--cpuset-mems":
                cpu.Mems = value;
                break;
            case "--memory":
                memory.Limit = Bytes(name, value);
                break;
            case "--memory-reservation":
                memory.Reservation = Bytes(name, value);
                break;
            case "--memory-swap":
                memory.Swap = Bytes(name, value);
                break;
            case "--pids-limit":
                resources.Pids = new LinuxPids { Limit = Number(name, value, -1) };
                break;
            default:
                throw new CommandException($"'{name}' is not an option of 'update'.");
        }
    }

    private static LinuxResources ReadResources(string path)
    {
        if (path != "-")
            return InputFile.Read(path, "resources document", RuntimeJson.ReadResources);
        using var input = new MemoryStream();
        Span<byte> buffer = stackalloc byte[4096];
        int length;
        while ((length = FileCalls.Read(0, buffer)) > 0)
            input.Write(buffer[..length]);
        return InputFile.Parse(input.ToArray(), "What standard input holds", "resources document", RuntimeJson.ReadResources);
    }

    private static long Number(string name, string value, long least, long most = long.MaxValue) =>
        long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw new CommandException(most == long.MaxValue ? $"'{name} {value}': give a number from {least} up." : $"'{name} {value}': give a number from {least} to {most}.");

    /// <summary>Bytes, also with one of the suffixes b, k, m, g and t, each 1024 times the one before; -1 for no limit.</summary>
    private static long Bytes(string name, string value)
    {
        var text = value.TrimEnd('b', 'B');
        var shift = text.Length == 0 ? -1 : "kmgt".IndexOf(char.ToLowerInvariant(text[^1]), StringComparison.Ordinal);
        var digits = shift < 0 ? text : text[..^1];
        return long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= -1
            && number <= long.MaxValue >> ((shift + 1) * 10) && (number >= 0 || shift < 0)
            ? number << ((shift + 1) * 10)
            : throw new CommandException($"'{name} {value}': give bytes, as 512m, or -1 for no limit.");
    }
}
