using System.Collections;
using System.Management.Automation;
using System.Text;
using ContainerTools.Cmdlets;
using ContainerTools.Core.Build.Output;
using ContainerTools.Core.Build.Sources;
using ContainerTools.Core.Build.Ssh;
using ContainerTools.Engine;

namespace ContainerTools;

/// <content>What the build is given: its context, by name or from the pipeline, secrets, agents and outputs.</content>
public sealed partial class BuildImageCommand
{
    private const string Input = "-";

    private FileStream? _input;
    private bool _isPathGiven;

    private bool ReadsInput => File == Input || (_isPathGiven && Path == Input);

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        _isPathGiven = MyInvocation.BoundParameters.ContainsKey(nameof(Path));
        if (ReadsInput && File == Path)
            Refuse("BuildInputTwice", "The input is either the build context or the Containerfile: - cannot stand for both.");
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (!ReadsInput)
        {
            if (_isPathGiven && InputObject is not null)
                Refuse("BuildInputUnexpected", $"There is input from the pipeline, and the build context is '{Path}': give - as -Path or -File to use it.");
            Attempt(Path, () => Build(null));
            return;
        }

        // A context may be large, so that it goes to disk.
        _input ??= new FileStream(System.IO.Path.Combine(Paths.Temporary, $"input-{Guid.NewGuid():N}"), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 20, FileOptions.DeleteOnClose);
        if (InputObject?.BaseObject is FileInfo file)
        {
            using var content = file.OpenRead();
            content.CopyTo(_input);
        }
        else if (InputObject is not null)
        {
            _input.Write(InputBytes.Of(InputObject).Span);
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (!ReadsInput)
            return;
        if (!MyInvocation.ExpectingInput)
        {
            if (!Console.IsInputRedirected)
                Refuse("BuildInputMissing", "There is no input for -: pipe an archive or a Containerfile to Build-Image.");
            using var standard = Console.OpenStandardInput();
            Attempt(Input, () => Build(standard));
            return;
        }

        _input!.Position = 0;
        Attempt(Input, () => Build(_input));
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _input?.Dispose();
        base.Dispose(disposing);
    }

    private void Refuse(string errorId, string message) =>
        ThrowTerminatingError(ErrorRecords.From(new ContainerToolsException(errorId, ErrorKind.InvalidArgument, message, Path), Path));

    // A directory that is here goes before what its name looks like.
    private string Place(string name)
    {
        const string layout = "oci-layout://";
        if (name.StartsWith(layout, StringComparison.Ordinal))
            return layout + System.IO.Path.Combine(SessionState.Path.CurrentFileSystemLocation.ProviderPath, name[layout.Length..]);
        return name == Input || (BuildPlace.IsElsewhere(name) && !Directory.Exists(name)) ? name : GetUnresolvedProviderPathFromPSPath(name);
    }

    private Dictionary<string, SshAgentSource> Agents()
    {
        var agents = new Dictionary<string, SshAgentSource>(StringComparer.Ordinal);
        foreach (object given in Ssh)
        {
            if (Plain(given) is IDictionary table)
            {
                foreach (DictionaryEntry entry in table)
                    Add(entry.Key.ToString()!, Plain(entry.Value) switch { null => [], string one => [one], IEnumerable several => [.. several.Cast<object>().Select(s => s.ToString()!)], var other => [other.ToString()!] });
                continue;
            }

            string text = Plain(given)!.ToString()!;
            int equals = text.IndexOf('=', StringComparison.Ordinal);
            Add(equals < 0 ? text : text[..equals], equals < 0 ? [] : text[(equals + 1)..].Split(','));
        }
        return agents;

        void Add(string id, string[] paths) => agents[id] = SshAgentSource.Create(id, [.. paths.Select(GetUnresolvedProviderPathFromPSPath)]);
    }

    private IEnumerable<BuildOutput> Outputs()
    {
        var texts = Output.Select(Plain).Select(static o => o is IDictionary table
            ? string.Join(',', table.Cast<DictionaryEntry>().OrderBy(static e => e.Key.ToString() == "type" ? 0 : 1).Select(static e => $"{e.Key}={e.Value}")) : o!.ToString()!);
        foreach (var output in OptionTexts.Join(texts).Select(BuildOutput.Parse))
            yield return output with { Path = GetUnresolvedProviderPathFromPSPath(output.Path) };
    }

    private static object? Plain(object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;

    private Dictionary<string, byte[]> Secrets()
    {
        var result = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (DictionaryEntry entry in Secret ?? [])
        {
            object? value = Plain(entry.Value);
            result[entry.Key.ToString()!] = value switch
            {
                string text => Encoding.UTF8.GetBytes(text),
                byte[] bytes => bytes,
                FileInfo file => ReadSecret(file),
                System.Security.SecureString secure => Encoding.UTF8.GetBytes(new System.Net.NetworkCredential("", secure).Password),
                _ => throw new ContainerToolsException("InvalidSecret", ErrorKind.InvalidArgument, $"The secret '{entry.Key}' is neither a text, a SecureString, a file's object nor bytes.", entry.Key),
            };
        }
        return result;
    }

    private static byte[] ReadSecret(FileInfo file)
    {
        try
        {
            return System.IO.File.ReadAllBytes(file.FullName);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw ContainerToolsException.FromIO(e, "SecretReadFailed", $"The secret's file '{file}' could not be read", file.FullName);
        }
    }
}
