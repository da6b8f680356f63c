namespace ContainerTools.Linux.Cgroups;

/// <summary>Writes a setting and turns a refusal into words.</summary>
internal static class LimitErrors
{
    private const int NoEntry = 2, Busy = 16, Invalid = 22;

    public static void Write(string path, string controller, string value)
    {
        var errno = CgroupFile.TryWrite(path, value);
        if (errno == 0)
            return;
        var file = System.IO.Path.GetFileName(path);
        var reason = errno switch
        {
            NoEntry => $"the '{controller}' controller is not available here, or this kernel lacks the setting",
            Busy => "the processes in the group already use more",
            Invalid => "the kernel does not accept the value; see the parent group's limits",
            _ => LinuxException.Describe(errno),
        };
        throw new CgroupException(controller, $"'{file}' cannot be set to '{value}': {reason}.", new LinuxException(errno, "write", path));
    }
}
