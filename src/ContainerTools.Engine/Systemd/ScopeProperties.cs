using System.Globalization;
using System.Text.RegularExpressions;
using ContainerTools.Linux.Cgroups;

namespace ContainerTools.Engine.Systemd;

/// <summary>
/// A container's limits as properties of its scope (systemd.resource-control(5)). They are set in the control group itself too, which is exact; systemd must know of them, since it
/// sets what it knows again when it is reloaded.
/// </summary>
internal static partial class ScopeProperties
{
    private const ulong Infinity = ulong.MaxValue;

    /// <summary>Annotations of this prefix name properties, their values in GVariant's text form: <c>org.systemd.property.TimeoutStopUSec</c>.</summary>
    private const string AnnotationPrefix = "org.systemd.property.";

    /// <summary>What every scope has: the processes in it are placed and limited by us.</summary>
    public static IEnumerable<UnitProperty> Common(string description, string slice) =>
    [
        UnitProperty.Text("Description", description),
        UnitProperty.Text("Slice", slice),
        UnitProperty.Flag("Delegate", true),
        // At shutdown it is not stopped beside the service that stops containers in their own time.
        UnitProperty.Flag("DefaultDependencies", false),
        UnitProperty.Text("CollectMode", "inactive-or-failed"),
    ];

    /// <summary>The limits.</summary>
    /// <param name="limits">As they are set in the group.</param>
    /// <param name="unified">Whether the host limits by version 2.</param>
    public static IEnumerable<UnitProperty> Of(CgroupLimits limits, bool unified)
    {
        yield return UnitProperty.Flag("MemoryAccounting", true);
        yield return UnitProperty.Flag("CPUAccounting", true);
        yield return UnitProperty.Flag("TasksAccounting", true);
        yield return UnitProperty.Flag(unified ? "IOAccounting" : "BlockIOAccounting", true);
        foreach (var limit in Changed(limits, unified))
            yield return limit;
        // An ordinary user's systemd may not load the program that keeps devices out, and the user namespace does.
        if (SystemdManager.IsOfUser)
            yield break;
        foreach (var rule in DeviceProperties.Of(limits.Devices))
            yield return rule;
    }

    /// <summary>The limits that are given, without what a scope has in any case.</summary>
    public static IEnumerable<UnitProperty> Changed(CgroupLimits limits, bool unified)
    {
        if (limits.Memory is { } memory)
            yield return UnitProperty.Number(unified ? "MemoryMax" : "MemoryLimit", Limit(memory));
        if (unified && limits.MemoryReservation is { } reservation)
            yield return UnitProperty.Number("MemoryLow", Limit(reservation));
        if (unified && limits.MemoryAndSwap is { } total)
            yield return UnitProperty.Number("MemorySwapMax", total < 0 ? Infinity : (ulong)Math.Max(0, total - Math.Max(0, limits.Memory ?? 0)));
        if (limits.CpuShares is { } shares and not 0)
            yield return unified ? UnitProperty.Number("CPUWeight", 1 + ((Math.Clamp(shares, 2, 262144) - 2) * 9999 / 262142)) : UnitProperty.Number("CPUShares", shares);
        if (limits.CpuPeriod is { } period and not 0)
            yield return UnitProperty.Number("CPUQuotaPeriodUSec", period);
        if (limits.CpuQuota is { } quota)
            yield return UnitProperty.Number("CPUQuotaPerSecUSec", quota <= 0 ? Infinity : PerSecond(quota, limits.CpuPeriod ?? 100_000));
        if (limits.Pids is { } pids)
            yield return UnitProperty.Number("TasksMax", pids > 0 ? (ulong)pids : Infinity);
        if (limits.BlockWeight is { } weight)
            yield return unified ? UnitProperty.Number("IOWeight", (ulong)(1 + ((weight - 10) * 9999 / 990))) : UnitProperty.Number("BlockIOWeight", weight);
        if (unified && limits.CpuSet is { } processors)
            yield return UnitProperty.Bytes("AllowedCPUs", Bits(processors));
        if (unified && limits.MemoryNodes is { } nodes)
            yield return UnitProperty.Bytes("AllowedMemoryNodes", Bits(nodes));
        foreach (var (file, value) in limits.Unified)
        {
            if (unified && OfFile(file, value) is { } property)
                yield return property;
        }
    }

    /// <summary>The properties that a container's annotations name.</summary>
    /// <exception cref="ContainerToolsException">AnnotationInvalid.</exception>
    public static IEnumerable<UnitProperty> OfAnnotations(IReadOnlyDictionary<string, string>? annotations)
    {
        foreach (var (name, text) in annotations ?? new Dictionary<string, string>())
        {
            if (!name.StartsWith(AnnotationPrefix, StringComparison.Ordinal))
                continue;
            string property = name[AnnotationPrefix.Length..];
            yield return TryParse(property, text.Trim()) ?? throw new ContainerToolsException("AnnotationInvalid", ErrorKind.InvalidArgument,
                $"The annotation {name} has the value '{text}', which is none of true, false, a quoted text, a number, and a number with its type before it, as 'uint64 5'.", name);
        }
    }

    private static UnitProperty? TryParse(string name, string text)
    {
        if (text is "true" or "false")
            return UnitProperty.Flag(name, text == "true");
        if (text.Length >= 2 && text[0] is '\'' or '"' && text[^1] == text[0])
            return UnitProperty.Text(name, text[1..^1]);
        var number = NumberForm().Match(text);
        if (!number.Success || !decimal.TryParse(number.Groups[2].ValueSpan, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out decimal value))
            return null;
        return number.Groups[1].Value switch
        {
            "uint64" when value is >= 0 and <= ulong.MaxValue => UnitProperty.Number(name, (ulong)value),
            "uint32" when value is >= 0 and <= uint.MaxValue => new UnitProperty(name, "u", writer => writer.UInt32((uint)value)),
            "int64" when value is >= long.MinValue and <= long.MaxValue => new UnitProperty(name, "x", writer => writer.UInt64((ulong)(long)value)),
            // GVariant's form of a number without a type.
            "" or "int32" when value is >= int.MinValue and <= int.MaxValue => new UnitProperty(name, "i", writer => writer.Int32((int)value)),
            _ => null,
        };
    }

    private static UnitProperty? OfFile(string file, string value) => file switch
    {
        "memory.max" => UnitProperty.Number("MemoryMax", Bytes(value)),
        "memory.high" => UnitProperty.Number("MemoryHigh", Bytes(value)),
        "memory.low" => UnitProperty.Number("MemoryLow", Bytes(value)),
        "memory.min" => UnitProperty.Number("MemoryMin", Bytes(value)),
        "memory.swap.max" => UnitProperty.Number("MemorySwapMax", Bytes(value)),
        "pids.max" => UnitProperty.Number("TasksMax", Bytes(value)),
        "cpu.weight" => UnitProperty.Number("CPUWeight", Bytes(value)),
        "cpuset.cpus" => UnitProperty.Bytes("AllowedCPUs", Bits(value)),
        "cpuset.mems" => UnitProperty.Bytes("AllowedMemoryNodes", Bits(value)),
        _ => null, // systemd knows nothing of it, and leaves it alone.
    };

    private static ulong Bytes(string value) => ulong.TryParse(value.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) ? number : Infinity;

    private static ulong Limit(long value) => value < 0 ? Infinity : (ulong)value;

    /// <summary>Microseconds in each second; systemd has whole hundredths of a processor's percent, and a limit must not come out below the one asked for.</summary>
    private static ulong PerSecond(long quota, ulong period)
    {
        const ulong Step = 10_000;
        ulong second = (ulong)(quota * 1_000_000m / period);
        return (second + Step - 1) / Step * Step;
    }

    /// <summary>A list such as <c>0-2,4</c> as bits, the lowest first.</summary>
    private static byte[] Bits(string list)
    {
        byte[] bits = [];
        foreach (string part in list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            string[] ends = part.Split('-');
            if (!ushort.TryParse(ends[0], CultureInfo.InvariantCulture, out ushort first) || !ushort.TryParse(ends[^1], CultureInfo.InvariantCulture, out ushort last))
                continue; // The kernel refuses it, and says so.
            for (int i = first; i <= last; i++)
            {
                if (i / 8 >= bits.Length)
                    Array.Resize(ref bits, (i / 8) + 1);
                bits[i / 8] |= (byte)(1 << (i % 8));
            }
        }
        return bits;
    }

    [GeneratedRegex(@"^(?:(u?int(?:32|64))\s+)?(-?\d+)$")]
    private static partial Regex NumberForm();
}
