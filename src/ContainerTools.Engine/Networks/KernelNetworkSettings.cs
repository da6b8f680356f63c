namespace ContainerTools.Engine.Networks;

/// <summary>Kernel parameters under /proc/sys/net of this network namespace (ip-sysctl in the kernel's documentation).</summary>
internal static class KernelNetworkSettings
{
    private const string Root = "/proc/sys/net/";
    private const string ForwardIPv4 = "ipv4/ip_forward", ForwardIPv6 = "ipv6/conf/all/forwarding";

    /// <summary>Whether packets are passed on between interfaces.</summary>
    public static bool IsForwarding(bool v6) => Read(v6 ? ForwardIPv6 : ForwardIPv4) is not "0";

    /// <summary>The lowest port that programs without privileges may listen on.</summary>
    public static string FirstUnprivilegedPort => Read("ipv4/ip_unprivileged_port_start") ?? "1024";

    /// <summary>Lets packets be passed on between interfaces, if they are not yet.</summary>
    /// <exception cref="ContainerToolsException">ForwardingNotPossible.</exception>
    public static void EnableForwarding(bool v6)
    {
        if (IsForwarding(v6))
            return;
        // A router does not listen to other routers unless it is told to, and this host must not lose its own default route.
        if (v6)
        {
            foreach (string directory in Directory.EnumerateDirectories(Root + "ipv6/conf"))
            {
                string parameter = $"ipv6/conf/{Path.GetFileName(directory)}/accept_ra";
                if (Read(parameter) == "1")
                    TryWrite(parameter, "2");
            }
        }
        if (!TryWrite(v6 ? ForwardIPv6 : ForwardIPv4, "1"))
        {
            throw new ContainerToolsException("ForwardingNotPossible", ErrorKind.PermissionDenied,
                $"Containers on the network need {Root}{(v6 ? ForwardIPv6 : ForwardIPv4)} to be 1, and it cannot be set here. Set it on the host, or use an internal network.");
        }
    }

    /// <summary>Sets what a new bridge needs.</summary>
    /// <param name="bridge">Its name.</param>
    /// <param name="v6">Whether it has an IPv6 address.</param>
    public static void PrepareBridge(string bridge, bool v6)
    {
        // Without a range it needs no address either, which containers would reach this host by.
        if (!v6)
            TryWrite($"ipv6/conf/{bridge}/disable_ipv6", "1");
    }

    /// <summary>Lets connections from this host's loopback to published ports leave by a bridge. Rules that keep containers from loopback must be there.</summary>
    /// <param name="bridge">The bridge's name.</param>
    public static void RouteLoopback(string bridge) => TryWrite($"ipv4/conf/{bridge}/route_localnet", "1");

    private static string? Read(string parameter)
    {
        try
        {
            return File.ReadAllText(Root + parameter).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A kernel without IPv6 has no such parameter.
            return null;
        }
    }

    private static bool TryWrite(string parameter, string value)
    {
        try
        {
            File.WriteAllText(Root + parameter, value);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
