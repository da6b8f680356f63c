using System.Globalization;
using ContainerTools.Engine.Health;
using ContainerTools.Engine.Networks;
using ContainerTools.Linux;
using ContainerTools.Oci;

namespace ContainerTools.Engine.Containers;

/// <summary>
/// Merges an image's defaults with what the caller asks for. It looks at the options alone: name, id, id range and volumes are settled by
/// <see cref="ContainerManager"/>, under its locks.
/// </summary>
internal static class ConfigurationBuilder
{
    private const string DefaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    private const long MinimumMemory = 6L << 20;

    public static ContainerConfiguration Build(ContainerOptions options, ContainerImage image)
    {
        ImageRuntimeConfig defaults = image.Config.Config ?? new ImageRuntimeConfig();
        if (options.Name is { } name)
            ContainerName.Check(name);
        Limits(options);
        Check(!options.AutoRemove || RestartText(options.RestartPolicy) is null, "RestartPolicyConflict",
            $"A container cannot be removed at its end and be started again ({options.RestartPolicy}). Leave one out.", options.RestartPolicy);
        var configuration = new ContainerConfiguration
        {
            Name = options.Name ?? "",
            Image = image.Reference,
            ImageId = image.Id,
            LayerKeys = [.. image.Layers.Select(l => l.Key)],
            LayerPaths = [.. image.Layers.Select(l => l.Path)],
            Arguments = Arguments(options, defaults, image.Reference),
            Entrypoint = [.. Entrypoint(options, defaults)],
            WorkingDirectory = Directory(options.WorkingDirectory ?? Text(defaults.WorkingDir) ?? "/"),
            User = options.User ?? defaults.User ?? "",
            Groups = [.. options.GroupAdd],
            HostName = HostName(options),
            ShmSize = options.ShmSize ?? 64L << 20,
            Memory = Limit(options.Memory),
            // Without a limit of memory swap has none either.
            MemorySwap = options.MemorySwap is 0 || Limit(options.Memory) is null ? null : options.MemorySwap,
            Cpus = options.Cpus is 0 ? null : options.Cpus,
            CpuSet = options.CpuSet,
            PidsLimit = Limit(options.PidsLimit),
            Ulimits = [.. options.Ulimits],
            Sysctl = new(options.Sysctl),
            Devices = [.. options.Devices],
            ReadOnly = options.ReadOnly,
            Privileged = options.Privileged,
            CapabilityAdd = [.. options.CapabilityAdd],
            CapabilityDrop = [.. options.CapabilityDrop],
            SecurityOptions = [.. options.SecurityOptions],
            PidNamespace = Mode("InvalidPidNamespace", "PID namespace", options.PidNamespace ?? "private", "private", "host", "container:NAME"),
            IpcNamespace = Mode("InvalidIpcNamespace", "IPC namespace", options.IpcNamespace ?? "private", "private", "shareable", "host", "container:NAME"),
            HostEntries = [.. options.HostEntries.Select(HostEntry)],
            Dns = [.. options.Dns.Select(Address)],
            DnsSearch = [.. options.DnsSearch],
            DnsOptions = [.. options.DnsOptions],
            StopSignal = StopSignal(options, defaults, image.Reference),
            StopTimeout = (options.StopTimeout ?? (defaults.StopTimeout is { } seconds ? TimeSpan.FromSeconds(seconds) : TimeSpan.FromSeconds(10))).TotalSeconds,
            Init = options.Init,
            Interactive = options.Interactive,
            Terminal = options.Terminal,
            HealthCheck = HealthCheckBuilder.Build(options.HealthCheck, defaults),
            RestartPolicy = RestartText(options.RestartPolicy),
            AutoRemove = options.AutoRemove,
            Volatile = options.AutoRemove || options.Volatile,
            Runtime = OtherRuntime.Resolve(options.Runtime),
            LogMaxSize = options.LogMaxSize,
            LogMaxFiles = options.LogMaxFiles ?? 1,
            Labels = Merge(defaults.Labels, options.Labels),
            Annotations = new(options.Annotations),
        };
        NetworkChoice.Begin(configuration, options);
        configuration.Environment = Environment(options, defaults);
        return configuration;
    }

    /// <summary>Sets HOSTNAME, which is known only when the id is.</summary>
    public static void Finish(ContainerConfiguration configuration)
    {
        if (configuration.HostName.Length == 0)
            configuration.HostName = configuration.Id[..12];
        if (!EnvironmentList.Contains(configuration.Environment, "HOSTNAME"))
            configuration.Environment.Insert(1, "HOSTNAME=" + configuration.HostName);
    }

    private static IReadOnlyList<string> Entrypoint(ContainerOptions options, ImageRuntimeConfig defaults) =>
        (options.Entrypoint ?? defaults.Entrypoint) is { } entrypoint and not [""] ? entrypoint : [];

    private static List<string> Arguments(ContainerOptions options, ImageRuntimeConfig defaults, string reference)
    {
        var entrypoint = Entrypoint(options, defaults);
        IReadOnlyList<string> command = options.Command is { Count: > 0 } given ? given : options.Entrypoint is null ? defaults.Cmd ?? [] : [];
        List<string> arguments = [.. entrypoint, .. command];
        if (arguments.Count == 0)
        {
            throw new ContainerToolsException("NoCommand", ErrorKind.InvalidArgument,
                $"There is nothing to run: the image '{reference}' has neither entrypoint nor command. Name a command.", reference);
        }
        if (arguments[0].Length == 0 || arguments.Exists(a => a.Contains('\0', StringComparison.Ordinal)))
        {
            throw new ContainerToolsException("InvalidCommand", ErrorKind.InvalidArgument,
                arguments[0].Length == 0 ? "The command's name is empty." : "An argument of the command holds a NUL character.", arguments);
        }
        return arguments;
    }

    /// <summary>The signal that asks the container to stop. The caller's must be one; of an image that names none, nobody here can say anything else.</summary>
    private static string StopSignal(ContainerOptions options, ImageRuntimeConfig defaults, string reference)
    {
        if (options.StopSignal is { } asked)
        {
            _ = SignalNames.Parse(asked);
            return asked;
        }
        if (Text(defaults.StopSignal) is not { } signal)
            return SignalNames.Default;
        if (SignalNames.IsSignal(signal))
            return signal;
        options.Warning?.Invoke($"The image '{reference}' has the stop signal '{signal}', which is no signal: the container is stopped with {SignalNames.Default}. Give -StopSignal for another one.");
        return SignalNames.Default;
    }

    private static List<string> Environment(ContainerOptions options, ImageRuntimeConfig defaults)
    {
        List<string> list = [];
        foreach (string entry in defaults.Env ?? [])
        {
            int equals = entry.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
                EnvironmentList.Set(list, entry[..equals], entry[(equals + 1)..]);
        }
        if (!EnvironmentList.Contains(list, "PATH"))
            list.Insert(0, DefaultPath);
        if (options.Terminal && !EnvironmentList.Contains(list, "TERM"))
            list.Add("TERM=xterm");
        foreach (var (name, value) in options.Environment)
        {
            if (name.Length == 0 || name.Contains('=', StringComparison.Ordinal) || name.Contains('\0', StringComparison.Ordinal) || value?.Contains('\0', StringComparison.Ordinal) == true)
                throw new ContainerToolsException("InvalidEnvironment", ErrorKind.InvalidArgument, $"'{name}' is no environment variable: a name must not be empty and holds no '=', and neither it nor its value a NUL.", name);
            if (value is null)
                list.RemoveAll(e => e.StartsWith(name + "=", StringComparison.Ordinal));
            else
                EnvironmentList.Set(list, name, value);
        }
        return list;
    }

    /// <summary>A limit; null for none, for which 0 and -1 stand too.</summary>
    public static long? Limit(long? asked) => asked is 0 or -1 ? null : asked;

    /// <summary>Checks the limits that options ask for.</summary>
    public static void Limits(ContainerOptions options)
    {
        Check(options.Memory is null or 0 or -1 or >= MinimumMemory, "InvalidMemory", $"A memory limit of {options.Memory} bytes is too small: at least {MinimumMemory} (6 MiB) are needed.", options.Memory);
        Check(options.MemorySwap is null or 0 or -1 || options.Memory is > 0, "InvalidMemorySwap", "A limit of memory and swap together needs a memory limit beside it.", options.MemorySwap);
        Check(options.MemorySwap is null or 0 or -1 || options.MemorySwap >= options.Memory, "InvalidMemorySwap", $"The limit of memory and swap together ({options.MemorySwap}) is smaller than that of memory ({options.Memory}).", options.MemorySwap);
        Check(options.Cpus is null or 0 or (>= 0.01 and <= 8192), "InvalidCpus", $"{options.Cpus} processors are out of range: from 0.01 to the host's number ({System.Environment.ProcessorCount}).", options.Cpus);
        Check(options.Cpus is null || options.Cpus <= System.Environment.ProcessorCount, "InvalidCpus", $"{options.Cpus} processors were asked for, the host has {System.Environment.ProcessorCount}.", options.Cpus);
        Check(options.PidsLimit is null or 0 or -1 or > 0, "InvalidPidsLimit", $"A limit of {options.PidsLimit} processes makes no sense: give a positive number, or 0 for none.", options.PidsLimit);
        Check(options.ShmSize is null or > 0, "InvalidShmSize", $"A /dev/shm of {options.ShmSize} bytes makes no sense.", options.ShmSize);
        Check(options.StopTimeout is null || options.StopTimeout >= TimeSpan.Zero, "InvalidStopTimeout", "A stop's timeout cannot be negative.", options.StopTimeout);
        Check(options.LogMaxSize is null or >= 4096, "InvalidLogMaxSize", $"A log of {options.LogMaxSize} bytes is too small: at least 4096.", options.LogMaxSize);
        Check(options.LogMaxFiles is null or (>= 1 and <= 1000), "InvalidLogMaxFiles", $"{options.LogMaxFiles} log files were asked for; 1 to 1000 are possible.", options.LogMaxFiles);
        if (options.CpuSet is { } set)
            CpuSet(set);
    }

    public static string? RestartText(RestartPolicy? policy) => policy is null or { Kind: RestartPolicyKind.No } ? null : policy.ToString();

    private static void CpuSet(string set)
    {
        var asked = CpuRanges(set);
        Check(asked is not null, "InvalidCpuSet", $"'{set}' is no list of processors such as 0-2,4.", set);
        string present = KernelFeatures.OnlineProcessors;
        if (CpuRanges(present) is { } online)
        {
            foreach (var (first, last) in asked!)
                Check(online.Exists(range => first >= range.First && last <= range.Last), "InvalidCpuSet", $"'{set}' has processors that the host has not: it has {present}.", set);
        }
    }

    /// <returns>Null if it is no list.</returns>
    private static List<(int First, int Last)>? CpuRanges(string set)
    {
        var ranges = new List<(int, int)>();
        foreach (string part in set.Split(','))
        {
            string[] ends = part.Split('-');
            if (ends.Length > 2 || !int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out int first)
                || !int.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out int last) || first > last)
                return null;
            ranges.Add((first, last));
        }
        return ranges;
    }

    private static string HostName(ContainerOptions options)
    {
        if (options.HostName is not { } name)
            return options.Network == "host" ? System.Environment.MachineName : "";
        Check(name.Length is > 0 and <= 63 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_') && name[0] is not ('-' or '.'), "InvalidHostName",
            $"'{name}' is no host name: at most 63 letters, digits, '-', '.' and '_'.", name);
        return name;
    }

    private static string HostEntry(string entry)
    {
        int colon = entry.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 0 || entry.AsSpan(0, colon).ContainsAny(" \t\n#"))
            throw new ContainerToolsException("InvalidHostEntry", ErrorKind.InvalidArgument, $"'{entry}' is no line for /etc/hosts: it must be NAME:ADDRESS.", entry);
        _ = Address(entry[(colon + 1)..].Trim('[', ']'));
        return entry[..(colon + 1)] + entry[(colon + 1)..].Trim('[', ']');
    }

    private static string Address(string address) => System.Net.IPAddress.TryParse(address, out _)
        ? address
        : throw new ContainerToolsException("InvalidAddress", ErrorKind.InvalidArgument, $"'{address}' is no IP address.", address);

    /// <summary>A working directory inside, checked.</summary>
    public static string Directory(string path) => path.StartsWith('/') && !path.Contains('\0', StringComparison.Ordinal)
        ? path
        : throw new ContainerToolsException("InvalidWorkingDirectory", ErrorKind.InvalidArgument, $"The working directory '{path}' is not absolute. Give its path inside, from / on.", path);

    private static string Mode(string errorId, string what, string value, params string[] known) => known.Contains(value) || ContainerReference.TryRead(value) is { Length: > 0 }
        ? value
        : throw new ContainerToolsException(errorId, ErrorKind.InvalidArgument, $"The {what} '{value}' is not known; {string.Join(" and ", known)} are.", value);

    private static Dictionary<string, string> Merge(IReadOnlyDictionary<string, string>? below, IReadOnlyDictionary<string, string> above)
    {
        Dictionary<string, string> merged = below is null ? [] : new(below);
        foreach (var (name, value) in above)
            merged[name] = value;
        return merged;
    }

    private static string? Text(string? value) => string.IsNullOrEmpty(value) ? null : value;

    private static void Check(bool condition, string errorId, string message, object? target)
    {
        if (!condition)
            throw new ContainerToolsException(errorId, ErrorKind.InvalidArgument, message, target);
    }
}
