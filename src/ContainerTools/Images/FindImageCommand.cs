using System.Management.Automation;
using ContainerTools.Binding;
using ContainerTools.Cmdlets;
using ContainerTools.Core.Images;
using ContainerTools.Core.Registry;
using ContainerTools.Oci;

namespace ContainerTools;

/// <summary>Looks into registries: at their repositories, at a repository's tags, and at an image without pulling it.</summary>
[Cmdlet(VerbsCommon.Find, "Image")]
[OutputType(typeof(RemoteImage), typeof(RemoteRepository))]
public sealed class FindImageCommand : RegistryUserCommand
{
    /// <summary>
    /// A repository, as <c>localhost:5000/team/app</c>, for its tags; a tag or digest of it for that image; a tag with wildcards for those that match; a
    /// registry with a slash, as <c>localhost:5000/</c>, or wildcards after it, for its repositories.
    /// </summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [SupportsWildcards]
    [Alias("Repository", "Reference")]
    [ArgumentCompleter(typeof(ImageCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    /// <summary>Looks at each image of a list too, for its digest, platforms, size and layers: at least one more request for each.</summary>
    [Parameter]
    public SwitchParameter Detailed { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var name in Name)
            Attempt(name, () => Find(name));
    }

    private void Find(string name)
    {
        var (repository, tag) = Split(name);
        var slash = repository.IndexOf('/', StringComparison.Ordinal);
        if (slash >= 0 && (slash == repository.Length - 1 || WildcardPattern.ContainsWildcardCharacters(repository)))
        {
            FindRepositories(RegistryNames.Parse(repository[..slash]), repository[(slash + 1)..], tag);
            return;
        }
        var reference = ImageNames.Parse(tag is null || WildcardPattern.ContainsWildcardCharacters(tag) ? repository : name);
        Use(reference, (client, queue, token) => tag is null || WildcardPattern.ContainsWildcardCharacters(tag)
            ? FindTagsAsync(client, reference, tag ?? "*", queue, token)
            : WriteAsync(client, reference, true, queue, token));
    }

    private void FindRepositories(string registry, string pattern, string? tag)
    {
        var wildcard = WildcardPattern.Get(pattern.Length == 0 ? "*" : pattern, WildcardOptions.IgnoreCase);
        Use(ImageNames.Parse($"{registry}/x"), async (client, queue, token) =>
        {
            await foreach (var repository in client.ListRepositoriesAsync(token))
            {
                if (!wildcard.IsMatch(repository))
                    continue;
                if (tag is not null && ImageReference.TryParse($"{registry}/{repository}", out var reference))
                    await FindTagsAsync(client, reference, tag, queue, token);
                else
                    queue.Post(() => WriteObject(new RemoteRepository(registry, repository)), token);
            }
        });
    }

    private async Task FindTagsAsync(RegistryClient client, ImageReference repository, string pattern, PipelineQueue queue, CancellationToken token)
    {
        var wildcard = WildcardPattern.Get(pattern, WildcardOptions.IgnoreCase);
        await foreach (var tag in client.ListTagsAsync(repository, token))
        {
            if (wildcard.IsMatch(tag) && ImageReference.TryParse($"{repository.Name}:{tag}", out var reference))
                await WriteAsync(client, reference, Detailed, queue, token);
        }
    }

    private async Task WriteAsync(RegistryClient client, ImageReference reference, bool detailed, PipelineQueue queue, CancellationToken token)
    {
        var image = detailed ? await RemoteImageReader.ReadAsync(client, reference, token) : RemoteImage.Listed(reference);
        queue.Post(() => WriteObject(image), token);
    }

    private void Use(ImageReference reference, Func<RegistryClient, PipelineQueue, CancellationToken, Task> work)
    {
        var trust = Trust;
        var given = Convert(Credential);
        Await(async (queue, token) =>
        {
            using var client = new RegistryClient(reference.Registry, given ?? await DockerCredentials.FindAsync(reference, token), trust);
            await work(client, queue, token);
            return true;
        });
    }

    // The tag, or "@" and the digest's part that ImageNames.Parse reads, apart from the rest; a colon before a slash is a port's.
    private static (string Repository, string? Tag) Split(string name)
    {
        var at = name.IndexOf('@', StringComparison.Ordinal);
        if (at >= 0)
            return (name[..at], name[(at + 1)..]);
        var colon = name.LastIndexOf(':');
        return colon > name.LastIndexOf('/') ? (name[..colon], name[(colon + 1)..]) : (name, null);
    }
}
