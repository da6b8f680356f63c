using System.Text;
using ContainerTools.Linux;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Processes;

namespace ContainerTools.Engine.Networks;

/// <summary>The program <c>nft</c> (nft(8)), through which the packet filter is set.</summary>
internal static class NftProgram
{
    private static readonly string[] s_directories = ["/usr/sbin", "/sbin", "/usr/local/sbin", "/usr/bin", "/bin"];

    /// <summary>Its path; null where it is not installed.</summary>
    public static string? Find() => InstalledProgram.Find("nft", s_directories);

    /// <summary>The error where it is needed and missing.</summary>
    public static ContainerToolsException Missing(string what) => new("NftNotFound", ErrorKind.Unavailable,
        $"{what} needs the program 'nft', which is not installed. Install the package 'nftables'.", "nft");

    /// <summary>Runs a script: all of it takes effect, or nothing.</summary>
    /// <exception cref="ContainerToolsException">NftNotFound, PacketFilterFailed.</exception>
    public static void Run(string script)
    {
        string path = Find() ?? throw Missing("Changing the packet filter");
        using var input = AnonymousFile.Create("nft-script", Encoding.UTF8.GetBytes(script));
        using var output = AnonymousFile.Create("nft-output", []);
        int result = (int)output.DangerousGetHandle();
        ExitStatus? exit;
        try
        {
            using var process = ChildProcess.Spawn(path, ["nft", "-f", "-"], new SpawnOptions
            {
                Environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"],
                Descriptors = new Dictionary<int, int> { [0] = (int)input.DangerousGetHandle(), [1] = result, [2] = result },
            });
            exit = process.Reap();
        }
        catch (LinuxException e)
        {
            throw new ContainerToolsException("PacketFilterFailed", ErrorKind.Unavailable, $"The program '{path}' could not be run: {e.Message}", path, e);
        }
        if (exit is { ShellCode: 0 })
            return;
        byte[] buffer = new byte[2000];
        int length = Math.Max(0, FileCalls.ReadAt(result, buffer, 0));
        throw new ContainerToolsException("PacketFilterFailed", ErrorKind.Unavailable,
            $"'nft' could not change the packet filter ({exit?.ShellCode}): {Encoding.UTF8.GetString(buffer, 0, length).Trim().ReplaceLineEndings(" ")}", path);
    }
}
