using System.Collections;
using System.Management.Automation;
using ContainerTools.Binding;
using ContainerTools.Cmdlets;
using ContainerTools.Engine;
using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Networks;
using ContainerTools.Engine.Specs;
using ContainerTools.Engine.Volumes;

namespace ContainerTools;

public abstract partial class ContainerCreationCommand
{
    private ContainerOptions BuildOptions(IReadOnlyList<string>? command)
    {
        var directory = SessionState.Path.CurrentFileSystemLocation.ProviderPath;
        return new ContainerOptions
        {
            Name = Name,
            Command = command,
            Entrypoint = Entrypoint,
            Environment = BuildEnvironment(),
            WorkingDirectory = WorkingDirectory,
            User = User,
            GroupAdd = Given(GroupAdd),
            HostName = HostName,
            Volumes = [.. OptionTexts.JoinVolumes(Given(Volume)).Select(v => VolumeMount.Parse(v, directory)), .. OptionTexts.JoinMounts(Given(Mount)).Select(m => LookUp(VolumeMount.ParseMount(m, directory)))],
            TmpFs = [.. OptionTexts.JoinTmpFs(Given(TmpFs))],
            ShmSize = ShmSize,
            Network = Network.Length > 0 ? Network[0].Text : null,
            FurtherNetworks = [.. Network.Skip(1).Select(n => n.Text)],
            IPAddresses = Given(IPAddress),
            MacAddress = MacAddress,
            NetworkAliases = Given(NetworkAlias),
            Publish = [.. Given(Publish).Select(PublishParser.Parse)],
            Dns = Given(Dns),
            DnsSearch = Given(DnsSearch),
            DnsOptions = Given(DnsOption),
            HostEntries = Given(HostEntry),
            Memory = Memory,
            MemorySwap = MemorySwap,
            Cpus = Cpus,
            CpuSet = CpuSet,
            PidsLimit = PidsLimit,
            ReadOnly = ReadOnly,
            Privileged = Privileged,
            CapabilityAdd = Given(CapabilityAdd),
            CapabilityDrop = Given(CapabilityDrop),
            UserNamespace = UserNamespace,
            PidNamespace = PidNamespace,
            IpcNamespace = IpcNamespace,
            SecurityOptions = [.. Given(SecurityOption).Select(o => SecurityOptions.Resolve(o, directory))],
            Devices = Given(Device),
            Sysctl = Texts(Sysctl),
            Ulimits = Given(Ulimit),
            Labels = Texts(Label),
            Annotations = Texts(Annotation),
            Init = Init,
            Interactive = Interactive,
            Terminal = Terminal,
            StopSignal = StopSignal,
            StopTimeout = StopTimeout,
            LogMaxSize = LogMaxSize,
            LogMaxFiles = LogMaxFiles,
            Runtime = Runtime,
            Warning = WriteWarning,
        };
    }

    // A variable that holds nothing gives $null, alone or in a list.
    private static string[] Given(string?[]? values) => [.. (values ?? []).OfType<string>()];

    private VolumeMount LookUp(VolumeMount mount)
    {
        if (mount.Kind is ContainerMountKind.Image)
            mount.Image = Prepare(Images.Get(mount.Source!));
        return mount;
    }

    private static Dictionary<string, string> Texts(Hashtable? table) =>
        NameValueTransformationAttribute.ToDictionary(table).ToDictionary(p => p.Key, p => p.Value ?? "");

    private Dictionary<string, string?> BuildEnvironment()
    {
        var result = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var file in Given(EnvironmentFile))
            ReadEnvironmentFile(GetUnresolvedProviderPathFromPSPath(file), result);
        foreach (var (name, value) in NameValueTransformationAttribute.ToDictionary(Environment))
            result[name] = value;
        return result;
    }

    /// <summary>Docker's env files: NAME=VALUE, taken literally; NAME alone takes this process's value; lines with # are comments.</summary>
    private static void ReadEnvironmentFile(string path, Dictionary<string, string?> result)
    {
        var number = 0;
        foreach (var line in EnvironmentLines(path))
        {
            number++;
            var text = line.TrimStart();
            if (text.Length == 0 || text[0] == '#')
                continue;
            var separator = text.IndexOf('=', StringComparison.Ordinal);
            var name = separator < 0 ? text.TrimEnd() : text[..separator];
            if (name.Length == 0 || name.AsSpan().ContainsAny(" \t"))
            {
                throw new ContainerToolsException("InvalidEnvironmentFile", ErrorKind.InvalidData,
                    $"Line {number} of '{path}' is not NAME=VALUE: '{line}'.", path);
            }
            var value = separator < 0 ? System.Environment.GetEnvironmentVariable(name) : text[(separator + 1)..];
            if (separator >= 0 || value is not null)
                result[name] = value;
        }
    }

    private static string[] EnvironmentLines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ContainerToolsException("EnvironmentFileNotFound", ErrorKind.NotFound, $"There is no file '{path}', which -EnvironmentFile names. Give the path of a file with NAME=VALUE lines.", path, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ContainerToolsException("EnvironmentFileUnreadable", e is UnauthorizedAccessException && !Directory.Exists(path) ? ErrorKind.PermissionDenied : ErrorKind.InvalidArgument,
                $"The file '{path}', which -EnvironmentFile names, cannot be read: {(Directory.Exists(path) ? "it is a directory" : e.Message.TrimEnd('.'))}. Give a file with NAME=VALUE lines that can be.", path, e);
        }
    }
}
