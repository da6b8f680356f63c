using System.Globalization;
using ContainerTools.Engine;
using ContainerTools.Linux;
using ContainerTools.Linux.Processes;

namespace ContainerTools.Runtime.Launching;

/// <summary>The CPUs that a process may run on (sched_setaffinity(2)), from a list as <c>0-3,7</c>.</summary>
internal static class CpuAffinity
{
    private const int Most = 8192;

    /// <summary>Adds setting them; nothing for no list.</summary>
    public static void Add(CallTable table, string? list)
    {
        if (string.IsNullOrEmpty(list))
            return;
        var mask = Read(list);
        table.Add("sched_setaffinity", list, SystemCalls.SchedSetaffinity, 0, mask.Length, table.Bytes(mask)).OnError(errno => new ContainerToolsException("CpuAffinityFailed",
            ErrorKind.InvalidArgument, $"The process cannot be bound to the CPUs '{list}': {LinuxException.Describe(errno)}. Perhaps none of them exists, or the container may not use them.", list));
    }

    private static byte[] Read(string list)
    {
        var mask = new byte[Most / 8];
        foreach (var range in list.Split(','))
        {
            var ends = range.Trim().Split('-', 2);
            if (!TryRead(ends[0], out var first) || !TryRead(ends[^1], out var last) || first > last)
                throw NamespacePlan.Invalid($"its CPU list '{list}' is not of the form 0-3,7");
            for (var cpu = first; cpu <= last; cpu++)
                mask[cpu / 8] |= (byte)(1 << cpu % 8);
        }
        return mask;
    }

    private static bool TryRead(string text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number < Most;
}
