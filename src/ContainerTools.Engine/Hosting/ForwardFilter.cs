using ContainerTools.Engine.Networks;
using ContainerTools.Linux;
using ContainerTools.Linux.Processes;

namespace ContainerTools.Engine.Hosting;

/// <summary>Finds what in the host's packet filter would keep containers from the outside.</summary>
internal static class ForwardFilter
{
    /// <summary>The first chain that drops forwarded packets by default, as <c>table ip filter, chain FORWARD</c>; null if there is none, or it cannot be known.</summary>
    public static string? FindDefaultDrop()
    {
        if (!Environment.IsPrivilegedProcess || NftProgram.Find() is not { } nft)
            return null;
        try
        {
            return Find(ChildOutput.Read(nft, "nft", "list", "chains").Output);
        }
        catch (LinuxException)
        {
            return null;
        }
    }

    /// <summary>The same of what <c>nft list chains</c> writes.</summary>
    internal static string? Find(string chains)
    {
        string table = "", chain = "";
        foreach (string line in chains.Split('\n', StringSplitOptions.TrimEntries))
        {
            if (line.StartsWith("table ", StringComparison.Ordinal))
                table = line.TrimEnd('{', ' ');
            else if (line.StartsWith("chain ", StringComparison.Ordinal))
                chain = line.TrimEnd('{', ' ');
            else if (line.Contains("hook forward", StringComparison.Ordinal) && line.Contains("policy drop", StringComparison.Ordinal))
                return $"{table}, {chain}";
        }
        return null;
    }
}
